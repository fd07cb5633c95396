import { BSON, type Db, type Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { describeCollection, includes } from './collections.ts';
import { ContentsSum, sameContents, type Contents } from './digest.ts';
import { documentBatches, storedBatches } from './documents.ts';
import { readFile } from './file.ts';
import { createIndexes, dropIndexes } from './indexes.ts';
import { insertOptions, insertRaw, Refused } from './raw-insert.ts';
import { isRefusal, ServerRefusal } from './refusal.ts';
import { refuseOtherStorage, storageOf, type Storage } from './storage.ts';
import type { StoredCollection } from './verify-files.ts';

/** What loading asks and tells whoever runs it. */
export interface Loading {
  /** Called before each write; throws to stop. */
  confirm: () => Promise<void>;
  /** So many documents more are in the database; a restore that was killed may have put them there. */
  advance: (documents: number, before?: boolean) => void;
}

/**
 * Makes a collection as it was, still empty, with its indexes, which shows whether this server has all that it needs.
 * What a killed restore loaded there is kept.
 * @throws {ServerRefusal} naming the option or index that this server cannot make
 */
export async function prepare(db: Db, place: string, stored: StoredCollection): Promise<void> {
  const live = await describeCollection(db, place);
  const { expireAfterSeconds: _suspended, ...lasting } = stored.options;
  if (live && includes(live.options, lasting)) return suspend(db, place);
  if (live) await db.collection(place).drop();
  await create(db, place, stored);
  await refuseOtherStorage(db, place, stored);
  await createIndexes(db, place, stored);
  await suspend(db, place);
}

/** Drops the indexes, of which one may delete documents while they are loaded, and ends what else deletes them. */
async function suspend(db: Db, place: string): Promise<void> {
  const live = await describeCollection(db, place);
  if (live === undefined) return;
  await dropIndexes(db, place, live.indexes);
  if ('expireAfterSeconds' in live.options)
    await db.command({ collMod: place, expireAfterSeconds: 'off' }).catch((error: unknown) => {
      if (!isRefusal(error)) throw error; // it is only missed where documents have expired already
    });
}

/**
 * Makes the indexes of a loaded collection, and lets its documents expire again.
 * @throws {ServerRefusal} naming what this server cannot make
 */
export async function complete(db: Db, place: string, stored: StoredCollection): Promise<void> {
  await createIndexes(db, place, stored);
  const { expireAfterSeconds } = stored.options;
  const live = await describeCollection(db, place);
  if (expireAfterSeconds !== undefined && !('expireAfterSeconds' in (live?.options ?? {})))
    await db.command({ collMod: place, expireAfterSeconds });
}

/** @throws {ServerRefusal} if this server does not have what the collection or view needs */
export async function create(db: Db, place: string, { name, options: all }: StoredCollection): Promise<void> {
  const { autoIndexId: _removed, ...options } = all; // servers since 4.0 have no collection without it
  const settings = { ...options, writeConcern: { w: 'majority', j: true } };
  await db.command({ create: place, ...settings }).catch((error: unknown) => {
    if (!isRefusal(error)) throw error;
    throw new ServerRefusal(
      `This server cannot make ${name} with its options ${BSON.EJSON.stringify(options)}: ${error.message}. ` +
        'Restore into a server that can.',
      { cause: error },
    );
  });
}

/**
 * Fills a prepared collection from its file, goes on where a killed restore stopped, and compares what the server holds
 * with the file.
 * @throws {ServerRefusal} naming the first document that the server does not keep as it is
 * @throws {OperatorError} if others have written there meanwhile
 */
export async function load(db: Db, place: string, stored: StoredCollection, loading: Loading): Promise<void> {
  const { data, gzip, name, type } = stored;
  if (data === undefined) return;
  const target = await storageOf(db, { name: place, type });
  let present = await contentsOf(db, target);
  if (present.documents > 0 && !(await isPrefix(present, stored))) {
    await db.collection(place).drop();
    await prepare(db, place, stored);
    present = new ContentsSum().contents;
  }
  loading.advance(present.documents, true);
  const isChecked = target.buckets || stored.options['validationLevel'] === 'constraint';
  const options = await insertOptions(db, { isChecked, rawData: target.rawData });
  let done = 0;
  for await (const batch of documentBatches(readFile(data, gzip).chunks)) {
    const rest = batch.slice(Math.max(0, present.documents - done));
    if (rest.length > 0) {
      await loading.confirm();
      await insert(db, target.collection, rest, options).catch((error: unknown) => {
        throw refusal(error, name, done + batch.length - rest.length);
      });
      loading.advance(rest.length);
    }
    done += batch.length;
  }
  const kept = await contentsOf(db, target);
  if (!sameContents(kept, stored)) throw await difference(db, target, stored, kept);
}

/** What the server holds under a name. */
async function contentsOf(db: Db, { collection, rawData }: Storage): Promise<Contents> {
  const sum = new ContentsSum();
  for await (const batch of storedBatches(db.collection(collection), { rawData }))
    for (const document of batch) sum.add(document);
  return sum.contents;
}

/** A killed restore leaves the first documents of the file, as they are inserted in order; unless the collection forgets. */
async function isPrefix(kept: Contents, stored: StoredCollection): Promise<boolean> {
  if (stored.data === undefined || stored.options['capped'] === true) return false;
  const sum = new ContentsSum();
  for await (const batch of documentBatches(readFile(stored.data, stored.gzip).chunks)) {
    for (const document of batch.slice(0, kept.documents - sum.contents.documents)) sum.add(document);
    if (sum.contents.documents >= kept.documents) break;
  }
  return sameContents(sum.contents, kept);
}

/** A server that refuses a command as a whole does not say for which document: it is found by halving. */
async function insert(db: Db, place: string, documents: Buffer[], options: Document, offset = 0): Promise<void> {
  try {
    await insertRaw(db, place, documents, options);
  } catch (error) {
    if (error instanceof Refused) throw new Refused(offset + error.index, error.message);
    if (!isRefusal(error)) throw error;
    if (documents.length === 1) throw new Refused(offset, error.message);
    const half = documents.length >> 1;
    await insert(db, place, documents.slice(0, half), options, offset);
    await insert(db, place, documents.slice(half), options, offset + half);
  }
}

function refusal(error: unknown, name: string, offset: number): unknown {
  if (!(error instanceof Refused)) return error;
  return new ServerRefusal(
    `This server does not take document ${offset + error.index + 1} of ${name}: ${error.message}. ` +
      'Restore into a server of the kind that the backup was made of.',
    { cause: error },
  );
}

async function difference(db: Db, place: Storage, stored: StoredCollection, kept: Contents): Promise<OperatorError> {
  const message = `${stored.name} is not the same after loading: ${kept.documents} documents instead of ${stored.documents}`;
  if (kept.documents > stored.documents)
    return new OperatorError(`${message}. Keep others from writing there, and run it again.`);
  const live = storedBatches(db.collection(place.collection), place);
  const expected = documentBatches(readFile(stored.data ?? '', stored.gzip).chunks);
  const number = await firstDifference(expected, live);
  return new ServerRefusal(
    `${message}; document ${number} is the first that this server does not keep byte for byte. ` +
      'Keep others from writing, or restore into a server of the kind that the backup was made of.',
  );
}

async function firstDifference(left: AsyncGenerator<Buffer[]>, right: AsyncGenerator<Uint8Array[]>): Promise<number> {
  const others = one(right);
  let number = 0;
  for await (const document of one(left)) {
    number += 1;
    const other = await others.next();
    if (other.done || !document.equals(other.value)) break;
  }
  await others.return(undefined);
  return number;
}

async function* one<T>(batches: AsyncGenerator<T[]>): AsyncGenerator<T> {
  for await (const batch of batches) yield* batch;
}
