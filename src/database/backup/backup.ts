import { lstat, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Db } from 'mongodb';
import { makeFolder } from '../../folder.ts';
import { requireWhole } from '../../half-restored.ts';
import { OperatorError } from '../../operator-error.ts';
import { chooseCollections, type Chosen } from './choose.ts';
import { describeCollections, metadataText, type Description } from './collections.ts';
import { ContentsSum } from './digest.ts';
import { storedBatches } from './documents.ts';
import { syncFolder, writeFile } from './file.ts';
import { fileNames, MANIFEST, MANIFEST_HASH } from './layout.ts';
import { manifestTexts, type Manifest } from './manifest.ts';
import { removeLeftovers, withPartial } from './partial.ts';
import { withSnapshot, type View } from './snapshot.ts';
import { onStderr, type Watch } from './watch.ts';

interface Options {
  /** Whether files are compressed, as by `mongodump --gzip`. */
  gzip?: boolean;
  /** Names of collections and views to leave out. */
  skip?: readonly string[];
  watch?: Watch;
}

/** A backup that is complete and on disk. */
export interface Backup {
  /** Absolute. */
  directory: string;
  manifest: Manifest;
}

/**
 * Writes all collections, indexes, validators and options of a database into a new folder, in mongodump's layout, with a
 * manifest. The folder has its name only when it is complete and on disk. Only its owner may read it.
 * @throws {OperatorError} if the folder exists, cannot be written, or the database cannot be read as it is now
 */
export async function backup(db: Db, directory: string, options: Options = {}): Promise<Backup> {
  const { gzip = false, skip = [], watch = onStderr } = options;
  const final = resolve(directory);
  const parent = dirname(final);
  try {
    makeFolder(parent);
    await removeLeftovers(parent);
    await refuseExisting(final);
    return await withPartial(final, async (partial) => {
      makeFolder(join(partial, db.databaseName));
      const manifest = await withSnapshot(db, (view) => writeAll(db, view, { partial, gzip, skip, watch }));
      await syncFolder(join(partial, db.databaseName));
      await syncFolder(partial);
      await refuseExisting(final);
      await rename(partial, final);
      await syncFolder(parent);
      return { directory: final, manifest };
    });
  } catch (error) {
    throw explain(error, final);
  }
}

async function refuseExisting(directory: string): Promise<void> {
  const exists = await lstat(directory).then(
    () => true,
    () => false,
  );
  if (exists) throw new OperatorError(`${directory} exists already. Name a folder that does not exist yet.`);
}

interface Task {
  partial: string;
  gzip: boolean;
  skip: readonly string[];
  watch: Watch;
}

async function writeAll(db: Db, view: View, task: Task): Promise<Manifest> {
  const { partial, gzip, skip, watch } = task;
  await requireWhole(db);
  const server = await serverOf(db);
  const chosen = inOrder(await chooseCollections(db, view.session, skip));
  const manifest: Manifest = {
    format: 'spaceship-backup',
    version: 1,
    database: db.databaseName,
    createdAt: new Date().toISOString(),
    server,
    consistency: view.consistency,
    gzip,
    ...(skip.length > 0 && { skipped: [...skip] }),
    collections: [],
    files: [],
  };
  const progress = watch.progress(`Backup of ${db.databaseName}`, await count(db, chosen));
  // The buckets of a time series may be stored under another name.
  const names = chosen.flatMap(({ description, storage }) => [description.name, storage.collection]);
  const writing = { ...task, filesOf: fileNames([...new Set(names)], gzip), view, manifest };
  try {
    for (const one of chosen)
      await writeCollection(db, one, { ...writing, advance: (items) => progress.advance(items) });
  } finally {
    progress.stop();
  }
  await refuseChanges(
    db,
    chosen.map(({ description }) => description),
  );
  const texts = manifestTexts(manifest);
  await writeFile(join(partial, MANIFEST), one(texts.manifest), false);
  await writeFile(join(partial, MANIFEST_HASH), one(texts.hash), false);
  watch.report(manifest.consistency);
  if (skip.length > 0) watch.report(`Left out: ${skip.join(', ')}.`);
  return manifest;
}

/**
 * By name, so that `engines` is read before `engines.history`. Where a server is not read as of one moment, entries that
 * move from the first to the second meanwhile are in one of the two at least.
 */
const inOrder = (chosen: readonly Chosen[]): Chosen[] =>
  chosen.toSorted(({ description: one }, { description: other }) => (one.name < other.name ? -1 : 1));

/** About how many documents there are; for a time series, how many buckets. */
async function count(db: Db, chosen: readonly Chosen[]): Promise<number> {
  let total = 0;
  for (const { description, storage } of chosen)
    if (description.type !== 'view') {
      const { n } = await db.command({ count: storage.collection, ...(storage.rawData && { rawData: true }) });
      total += Number(n);
    }
  return total;
}

async function serverOf(db: Db): Promise<Manifest['server']> {
  const { version } = await db.admin().buildInfo();
  const { setName } = await db.command({ hello: 1 });
  return { version: String(version), ...(typeof setName === 'string' && { setName }) };
}

interface Writing extends Task {
  filesOf: ReturnType<typeof fileNames>;
  view: View;
  manifest: Manifest;
  advance: (items: number) => void;
}

async function writeCollection(db: Db, { description, storage }: Chosen, writing: Writing): Promise<void> {
  const { partial, gzip, filesOf, view, manifest, advance } = writing;
  const { name, type } = description;
  const sum = new ContentsSum();
  const write = async (file: string, chunks: AsyncIterable<Uint8Array>) => {
    const path = join(db.databaseName, file);
    manifest.files.push({ path: path.replaceAll('\\', '/'), ...(await writeFile(join(partial, path), chunks, gzip)) });
  };
  if (type !== 'view') {
    const { collection, rawData } = storage;
    const batches = storedBatches(db.collection(collection), { session: view.session, rawData });
    await write(filesOf(collection).data, summed(batches, sum, advance));
  }
  await write(filesOf(name).metadata, one(metadataText(description)));
  manifest.collections.push({ name, type, ...sum.contents });
}

async function* summed(batches: AsyncIterable<Uint8Array[]>, sum: ContentsSum, advance: (items: number) => void) {
  for await (const batch of batches) {
    for (const document of batch) sum.add(document);
    yield Buffer.concat(batch);
    advance(batch.length);
  }
}

async function* one(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/**
 * No server reads options and indexes in a snapshot, so they are compared with those at the beginning.
 * @throws {OperatorError} naming a collection that was changed, renamed or dropped
 */
async function refuseChanges(db: Db, before: readonly Description[]): Promise<void> {
  const after = new Map((await describeCollections(db)).map((description) => [description.name, description]));
  for (const description of before)
    if (!isDeepStrictEqual(after.get(description.name), description))
      throw new OperatorError(
        `${description.name} was changed, renamed or dropped as a whole while the backup read it. Run it again.`,
      );
}

function explain(error: unknown, directory: string): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error;
  const { message } = error;
  if (!('syscall' in error))
    return new OperatorError(`The backup failed, and left nothing behind: ${message}. Run it again.`, { cause: error });
  return new OperatorError(
    `${directory} cannot be written (${message}). Make room or choose another folder, and run it again.`,
    { cause: error },
  );
}
