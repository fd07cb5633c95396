import type { Db, Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { isConstrained } from './collections.ts';
import { ContentsSum, sameContents, type Contents } from './digest.ts';
import { storedBatches } from './documents.ts';
import { prepare } from './prepare.ts';
import { insertOptions, insertRaw, Refused } from './raw-insert.ts';
import { isRefusal, ServerRefusal } from './refusal.ts';
import { storageOf, type Storage } from './storage.ts';
import type { StoredCollection } from './verify-files.ts';

/** Buckets that MongoDB before 5.2 made may hold values of several types. The server accepts them only after a collMod. */
const MIXED_SCHEMA = 408;

/** What loading calls while it works. */
export interface Loading {
  /** Called before each write; throws to stop. */
  confirm: () => Promise<void>;
  /** Is called with how many more documents are in the database; `before`: a killed restore has stored them. */
  advance: (documents: number, before?: boolean) => void;
}

/** Fills one collection. */
export interface Loader {
  /** Stores the next documents, except those that a killed restore has stored. */
  take: (documents: Buffer[]) => Promise<void>;
  /** Compares what the server holds with the backup. */
  finish: () => Promise<void>;
}

/**
 * Begins to fill a prepared collection, or continues where a killed restore stopped.
 * The loader throws a {ServerRefusal} naming the first document that the server does not store as it is, or an
 * {OperatorError} if another program has written to the collection.
 */
export async function startLoading(db: Db, place: string, stored: StoredCollection, loading: Loading): Promise<Loader> {
  const target = await storageOf(db, { name: place, type: stored.type });
  let present = await contentsOf(db, target);
  if (present.documents > 0 && !(await isPrefix(present, stored))) {
    await db.collection(place).drop();
    await prepare(db, place, stored);
    present = new ContentsSum().contents;
  }
  loading.advance(present.documents, true);
  const isChecked = target.buckets || isConstrained(stored);
  const options = await insertOptions(db, { isChecked, rawData: target.rawData });
  let done = 0;
  return {
    async take(documents) {
      const rest = documents.slice(Math.max(0, present.documents - done));
      done += documents.length;
      if (rest.length === 0) return;
      await loading.confirm();
      const insertFrom = (first: number) => insert(db, target.collection, rest.slice(first), options, first);
      await insertFrom(0)
        .catch(async (error: unknown) => {
          if (!(error instanceof Refused) || error.code !== MIXED_SCHEMA) throw error;
          await db.command({ collMod: place, timeseriesBucketsMayHaveMixedSchemaData: true });
          await insertFrom(error.index);
        })
        .catch((error: unknown) => {
          throw refusal(error, stored.name, done - rest.length);
        });
      loading.advance(rest.length);
    },
    async finish() {
      const kept = await contentsOf(db, target);
      if (!sameContents(kept, stored)) throw await difference(db, target, stored, kept);
    },
  };
}

/** What the server holds in a collection. */
async function contentsOf(db: Db, { collection, rawData }: Storage): Promise<Contents> {
  const sum = new ContentsSum();
  for await (const batch of storedBatches(db.collection(collection), { rawData }))
    for (const document of batch) sum.add(document);
  return sum.contents;
}

/** Whether a collection holds the first documents of the backup, as a killed restore leaves it. A capped one never counts. */
async function isPrefix(kept: Contents, stored: StoredCollection): Promise<boolean> {
  if (stored.options['capped'] === true) return false;
  const sum = new ContentsSum();
  for await (const batch of stored.read()) {
    for (const document of batch.slice(0, kept.documents - sum.contents.documents)) sum.add(document);
    if (sum.contents.documents >= kept.documents) break;
  }
  return sameContents(sum.contents, kept);
}

/** Inserts documents. If the server refuses all of them without saying which one is wrong, that one is found by halving. */
async function insert(db: Db, place: string, documents: Buffer[], options: Document, offset = 0): Promise<void> {
  try {
    await insertRaw(db, place, documents, options);
  } catch (error) {
    if (error instanceof Refused) throw new Refused(offset + error.index, error.message, error.code);
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
      'Restore into the kind of server that the backup was made from.',
    { cause: error },
  );
}

async function difference(db: Db, place: Storage, stored: StoredCollection, kept: Contents): Promise<OperatorError> {
  const message = `${stored.name} is not the same after loading: ${kept.documents} documents instead of ${stored.documents}`;
  if (kept.documents > stored.documents)
    return new OperatorError(`${message}. Stop the programs that write there, and run it again.`);
  const live = storedBatches(db.collection(place.collection), place);
  const number = await firstDifference(stored.read(), live);
  return new ServerRefusal(
    `${message}; document ${number} is the first that this server does not keep byte for byte. ` +
      'Stop the programs that write there, or restore into the kind of server that the backup was made from.',
  );
}

async function firstDifference(left: AsyncIterable<Buffer[]>, right: AsyncGenerator<Uint8Array[]>): Promise<number> {
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

async function* one<T>(batches: AsyncIterable<T[]>): AsyncGenerator<T> {
  for await (const batch of batches) yield* batch;
}
