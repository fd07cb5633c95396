import type { Db } from 'mongodb';
import { readFiles, type MigrationFile } from './files.ts';
import { readHistory, type Applied, type History } from './journal.ts';

/** The migrations as they lie in their folder, and as the database knows them. */
export interface State extends History {
  /** Absolute path of the migrations. */
  folder: string;
  files: MigrationFile[];
  /** Names of what else lies there. */
  stray: string[];
  /** Files that are not applied, oldest first. */
  pending: MigrationFile[];
}

/** Reads the folder and the database. */
export async function readState(db: Db, folder: string): Promise<State> {
  const [history, found] = await Promise.all([readHistory(db), readFiles(folder)]);
  const applied = new Set(history.applied.map(({ fileName }) => fileName));
  return { folder, ...history, ...found, pending: found.files.filter(({ name }) => !applied.has(name)) };
}

/** The last applied migration, by the order of files; `undefined` where nothing is applied. */
export function lastApplied({ applied }: History): Applied | undefined {
  return applied.toSorted((left, right) => (left.fileName < right.fileName ? -1 : 1)).at(-1);
}
