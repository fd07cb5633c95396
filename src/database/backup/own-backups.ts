import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MANIFEST } from './layout.ts';
import { readManifest } from './manifest.ts';
import { messageOf } from '../../operator-error.ts';

/** What a folder of backups holds; absolute paths. */
export interface FoundBackups {
  /** The backups of the database, newest first. Their files have not been verified. */
  own: string[];
  /** What is no backup, or one of another database; with the reason. */
  others: { path: string; reason: string }[];
}

/** Finds the backups of a database in a folder; none if there is no such folder. */
export async function findBackups(parent: string, database: string): Promise<FoundBackups> {
  const root = resolve(parent);
  const own: { path: string; createdAt: string }[] = [];
  const others: FoundBackups['others'] = [];
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) {
    const path = join(root, name);
    const found = await inspect(path, database);
    if ('createdAt' in found) own.push({ path, createdAt: found.createdAt });
    else others.push({ path, reason: found.reason });
  }
  const newestFirst = own.toSorted((left, right) => (left.createdAt > right.createdAt ? -1 : 1));
  return { own: newestFirst.map(({ path }) => path), others };
}

async function inspect(path: string, database: string): Promise<{ createdAt: string } | { reason: string }> {
  try {
    const manifest = await readManifest(path);
    if (manifest === undefined) return { reason: `it has no ${MANIFEST}` };
    if (manifest.database !== database) return { reason: `it is a backup of ${manifest.database}` };
    return { createdAt: manifest.createdAt };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}
