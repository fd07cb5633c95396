import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNames } from '../files.ts';
import { fileName } from './file-name.ts';

/**
 * Writes a migration's file behind those that are there, and notes in it which was the last one: a second branch of
 * work that adds one too names the same, which `migrate:check` finds.
 * @returns the file's name
 */
export async function writeMigration(folder: string, description: string, text: string): Promise<string> {
  const { migrations } = await readNames(folder);
  const name = fileName(description, new Date());
  await writeFile(join(folder, name), withPredecessor(text, migrations.at(-1) ?? null), { flag: 'wx' });
  return name;
}

const withPredecessor = (text: string, name: string | null) =>
  text.replace(
    /^(?:import [^;]*;\n)*/,
    (imports) =>
      `${imports}\n/** The migration that this one was written on top of. */\nexport const after = ${name === null ? 'null' : `'${name}'`};\n`,
  );
