import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Db, MongoClient } from 'mongodb';
import { projectRoot } from '../../config.ts';
import { messageOf, OperatorError } from '../../operator-error.ts';

/** One direction of a migration. */
export type MigrationFunction = (db: Db, client: MongoClient) => Promise<unknown>;

/** What a migration file exports. */
export interface Migration {
  up: MigrationFunction;
  down: MigrationFunction;
  /** The migration that it was written on top of, `null` for the first; absent where the file does not say. */
  after?: string | null;
  /** Whether each direction runs in one transaction. */
  transaction: boolean;
}

/** A file in the folder of the migrations. */
export interface MigrationFile {
  name: string;
  /** SHA-256 of its text, the same for all kinds of line ends. */
  hash: string;
}

/** The template of `migrate-mongo create`; no migration. */
const TEMPLATE = 'sample-migration.ts';

/** Other files that belong in the folder of the migrations. */
const EXPECTED = new Set([TEMPLATE, 'package.json']);

/** `20260501090000-create_engines.ts` */
const FILE_NAME = /^\d{14}-[\w-]+\.ts$/;

/**
 * Reads the names of a folder's migrations, oldest first, and of all other files there.
 * @throws {OperatorError} if the folder cannot be read
 */
export async function readNames(folder: string): Promise<{ migrations: string[]; stray: string[] }> {
  const found = await readdir(folder).catch((error: unknown) => {
    throw new OperatorError(
      `The folder of the migrations cannot be read (${String(error)}). Create it, or name another one with --migrations-dir.`,
    );
  });
  const names = found.filter((name) => !EXPECTED.has(name) && !name.startsWith('.')).toSorted();
  return {
    migrations: names.filter((name) => FILE_NAME.test(name)),
    stray: names.filter((name) => !FILE_NAME.test(name)),
  };
}

/** The same, with the migrations' hashes. */
export async function readFiles(folder: string): Promise<{ files: MigrationFile[]; stray: string[] }> {
  const { migrations, stray } = await readNames(folder);
  const files = await Promise.all(
    migrations.map(async (name) => ({ name, hash: hashOf(await readFile(join(folder, name), 'utf8')) })),
  );
  return { files, stray };
}

const hashOf = (text: string) => createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');

/** Whether this is the built program. It has no loader of TypeScript for the migrations, and Node has one only since 22.18. */
const isBuilt = import.meta.url.endsWith('.js');

/** The file of a migration cannot be used. */
export class Unusable extends OperatorError {
  /** What is wrong with the file: the end of a sentence that begins with its name. */
  readonly what: string;
  readonly remedy: string;

  constructor(path: string, what: string, remedy: string) {
    super(`${path} ${what} ${remedy}`);
    this.what = what;
    this.remedy = remedy;
  }
}

/** @throws {Unusable} if the file cannot be loaded, or does not export what a migration does */
export async function loadMigration(folder: string, { name, hash }: MigrationFile): Promise<Migration> {
  const path = join(folder, name);
  let module: object;
  const loader = isBuilt ? await import('tsx/esm/api') : undefined; // which the server does without in production
  const unregister = loader?.register({ tsconfig: join(projectRoot, 'dist', 'tsconfig.json') });
  // The hash in the address keeps Node from taking an edited file from its cache.
  try {
    module = Object(await import(`${pathToFileURL(path).href}?${hash}`));
  } catch (error) {
    const reason = messageOf(error);
    throw new Unusable(path, `cannot be loaded: ${reason.replaceAll(/\s*\n\s*/g, ' ')}.`, 'Correct it.');
  } finally {
    await unregister?.();
  }
  const { up, down, after, transaction = false } = { ...Object(Reflect.get(module, 'default')), ...module };
  for (const [direction, step] of Object.entries({ up, down }))
    if (typeof step !== 'function')
      throw new Unusable(path, `exports no function ${direction}.`, `Compare it with ${TEMPLATE}.`);
  if (after !== undefined && after !== null && extname(String(after)) !== '.ts')
    throw new Unusable(path, `exports ${String(after)} as after.`, 'It must be the name of a migration, or null.');
  if (typeof transaction !== 'boolean')
    throw new Unusable(path, `exports ${String(transaction)} as transaction.`, 'It must be true or false.');
  return { up, down, transaction, ...(after !== undefined && { after }) };
}

/** Whether the body of a function has nothing but comments. */
export const isEmpty = (direction: MigrationFunction) =>
  /\{\s*\}$/.test(String(direction).replaceAll(/\/\*[^]*?\*\/|\/\/[^\n]*/g, ''));
