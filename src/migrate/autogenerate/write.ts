import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../error-code.ts';
import { readNames } from '../run/files.ts';
import { slugOf, stampAfter, stampOf } from './file-name.ts';

/** The file of a migration that was written. */
export interface Written {
  name: string;
  /** The newest file before it, if the time stamps of both are in the future because of that. */
  behind?: string;
}

/**
 * Writes the file of a migration that comes after all files there, and notes in it the newest of these. Two branches of
 * work that both add a file note the same one, and `migrate:check` finds that. Any number of processes may do this at
 * once: each gets another time stamp.
 */
export async function writeMigration(folder: string, description: string, text: string): Promise<Written> {
  const slug = slugOf(description);
  let taken: string | undefined;
  for (;;) {
    const newest = await newestOf(folder);
    const now = new Date();
    const stamp = stampAfter([newest ?? '', taken ?? ''].toSorted().at(-1), now);
    // The process that makes this file has the stamp. The file stays until the migration is written, so no other takes
    // it.
    const claim = join(folder, `.${stamp}`);
    if (!(await isWritten(claim, ''))) {
      taken = stamp;
      continue;
    }
    try {
      if ((await newestOf(folder)) !== newest) continue;
      const name = `${stamp}-${slug}.ts`;
      await writeFile(join(folder, name), withPredecessor(text, newest ?? null), { flag: 'wx' });
      return { name, ...(newest !== undefined && newest.slice(0, 14) > stampOf(now) && { behind: newest }) };
    } finally {
      await rm(claim);
    }
  }
}

const newestOf = async (folder: string) => (await readNames(folder)).migrations.at(-1);

/** @returns whether the file was made; false if there was one */
async function isWritten(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

const withPredecessor = (text: string, name: string | null) =>
  text.replace(
    /^(?:import [^;]*;\n)*/,
    (imports) =>
      `${imports}\n/** The migration that this one was written on top of. */\nexport const after = ${name === null ? 'null' : `'${name}'`};\n`,
  );
