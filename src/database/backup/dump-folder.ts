import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf } from '../../operator-error.ts';
import { chooseDatabase } from './choose-database.ts';
import { ContentsSum } from './digest.ts';
import { documentBatches } from './documents.ts';
import { isPacked, readFile } from './file.ts';
import { BUCKETS, fileStem, isStemOf, MANIFEST, MANIFEST_HASH, parseFileName, PRELUDE } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { describeOplog, OPLOG, writesTo } from './oplog.ts';
import { sortUnexpected, readFolder, type Defect, type ReadFile } from './read-folder.ts';
import type { Part, StoredBackup, StoredCollection } from './verify-files.ts';
import type { Watch } from './watch.ts';

/** A backup to read. */
export interface Dump {
  /** Absolute. */
  path: string;
  /** `undefined` for what mongodump made. */
  manifest: Manifest | undefined;
  /** The database to read, if there are several. */
  from: string | undefined;
  /** Receives what is wrong. */
  defects: Defect[];
  watch: Watch;
}

/** What a backup holds for one database. */
export type Dumped = Pick<StoredBackup, 'database' | 'collections' | 'readAll'>;

/**
 * Reads the folder of a database in a backup, or the folder above it, whether `db:backup` or mongodump made it.
 * @throws {OperatorError} if it holds no database, or several and `from` names none of them
 */
export async function readDumpFolder(dump: Dump): Promise<Dumped> {
  const { path: root, manifest, from, defects, watch } = dump;
  const present = await readdir(root, { withFileTypes: true });
  const isInside = !manifest && present.some(({ name }) => name !== OPLOG && parseFileName(name));
  const databases = isInside ? [basename(root)] : await databasesIn(root, manifest);
  const database = chooseDatabase(root, databases, from);
  const leftAlone: string[] = [];
  const files = await readFolder({ ...dump, root, folder: isInside ? '' : database, leftAlone });
  const known = new Set([MANIFEST, MANIFEST_HASH, database, ...(manifest ? [] : [OPLOG])]);
  for (const entry of isInside ? [] : present)
    if (databases.includes(entry.name) && entry.name !== database) leftAlone.push(entry.name);
    else if (!known.has(entry.name) && !PRELUDE.test(entry.name))
      await sortUnexpected(
        { where: entry.name, path: join(root, entry.name), isFolder: entry.isDirectory() },
        defects,
        leftAlone,
      );
  if (leftAlone.length > 0)
    watch.report(`Left alone, because they are not part of ${database}: ${leftAlone.join(', ')}.`);
  if (!manifest && !isInside && present.some(({ name }) => name === OPLOG)) await reportOplog(root, database, dump);
  const collections = pair(files, defects);
  return {
    database,
    collections,
    readAll: (names) => readInTurn(collections.filter(({ name }) => names.includes(name))),
  };
}

async function* readInTurn(collections: readonly StoredCollection[]): AsyncGenerator<Part> {
  for (const { name, read } of collections) {
    for await (const documents of read()) yield { name, documents, isLast: false };
    yield { name, documents: [], isLast: true };
  }
}

async function* documentsOf(file: ReadFile | undefined): AsyncGenerator<Buffer[]> {
  if (file) yield* documentBatches(readFile(file.path, file.gzip).chunks);
}

/** The folders that hold files of collections. */
async function databasesIn(root: string, manifest: Manifest | undefined): Promise<string[]> {
  if (manifest) return [manifest.database];
  const found: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true }))
    if (entry.isDirectory() && (await readdir(join(root, entry.name))).some((name) => parseFileName(name)))
      found.push(entry.name);
  return found.toSorted();
}

async function reportOplog(root: string, database: string, { defects, watch }: Dump): Promise<void> {
  const path = join(root, OPLOG);
  try {
    // mongodump --gzip packs it, but does not change its name.
    const { chunks } = readFile(path, await isPacked(path));
    let writes = 0;
    for await (const entries of documentBatches(chunks)) writes += writesTo(database, entries);
    watch.report(describeOplog(writes, database));
  } catch (error) {
    defects.push({ where: OPLOG, problem: messageOf(error) });
  }
}

/** Brings the two files of each collection together. */
function pair(files: readonly ReadFile[], defects: Defect[]): StoredCollection[] {
  const reported = new Set(defects.map(({ where }) => parseFileName(basename(where))?.stem));
  const data = files.filter(({ kind }) => kind === 'data');
  const used = new Set<ReadFile>();
  const collections: StoredCollection[] = [];
  for (const { where, kind, stem } of files)
    if (files.some((other) => other.where !== where && other.kind === kind && other.stem === stem))
      defects.push({ where, problem: 'exists twice, compressed and not' });
  for (const { description, stem, where } of files) {
    if (description === undefined) continue;
    const { name, type } = description;
    if (collections.some((other) => other.name === name))
      defects.push({ where, problem: `belongs to ${name}, and so does another file` });
    const buckets = type === 'timeseries' ? data.find((file) => isStemOf(file.stem, BUCKETS + name)) : undefined;
    const file = buckets ?? data.find((other) => other.stem === stem);
    if (file) used.add(file);
    else if (type !== 'view' && !reported.has(stem) && !reported.has(fileStem(BUCKETS + name)))
      defects.push({ where, problem: 'has no documents beside it' });
    const { contents = new ContentsSum().contents } = file ?? {};
    collections.push({ ...description, ...contents, read: () => documentsOf(file) });
  }
  for (const file of data)
    if (!used.has(file) && !reported.has(file.stem))
      defects.push({ where: file.where, problem: 'has no metadata beside it' });
  return collections.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}
