import type { Db, MongoClient } from 'mongodb';
import { isPlainObject } from '../../document.ts';
import { interceptWrites } from '../run/handle.ts';
import type { PlannedBackfill } from '../run/run-context.ts';
import type { Write } from '../run/write.ts';
import type { Catalog } from './catalog.ts';
import { cursorOver, listed } from './listed-collections.ts';
import { nameOf } from './made-indexes.ts';

/** A write that was asked for and not sent. */
export interface Recorded extends Write {
  /** How many stored documents it would change, where its filters show that. */
  documents?: number;
  /** How many documents one of its filters finds at most. */
  most?: number;
  /**
   * The name under which the documents of its collection are stored now: the plan may have renamed the collection
   * before.
   */
  stored?: string;
}

/**
 * A client for a migration that is to be planned: it reads from the database, but its writes are only recorded. What
 * they do to collections and indexes shows in the catalog, and in what the migration reads of it afterwards; what they
 * do to documents does not show.
 */
export function recordingClient(
  client: MongoClient,
  databaseName: string,
  catalog: Catalog,
  onWrite: (write: Recorded) => void,
  plan: (sample: () => Promise<PlannedBackfill>) => Promise<void>,
): MongoClient {
  const db = client.db(databaseName);
  return interceptWrites(client, {
    databaseName,
    storedAs: (name) => catalog.get(name)?.stored ?? name,
    run: { batchMs: 0, checkpoint: () => undefined, proceed: async () => {}, plan },
    async intercept({ parameters, ...write }, send) {
      // No write of the transaction was sent.
      if (write.operation === 'commitTransaction') return send(parameters);
      const steps = stepsOf({ ...write, parameters: parameters.map(copyOf) }, catalog);
      let documents: number | undefined;
      for (const step of steps) {
        const counts = await countsOf(db, step, catalog);
        documents = counts?.reduce((sum, count) => sum + count, 0);
        const stored = catalog.get(step.collection ?? '')?.stored;
        onWrite({
          ...step,
          ...(stored !== undefined && { stored }),
          ...(counts && { documents: documents ?? 0, most: Math.max(0, ...counts) }),
        });
        catalog.apply(step);
      }
      return answer({ ...write, parameters }, documents ?? 0);
    },
    read: ({ collection, operation, parameters }) => {
      if (operation === 'listCollections') return cursorOver(listed(catalog.entries(), Object(parameters[0])));
      const indexes = () => catalog.get(collection ?? '')?.indexes ?? [];
      if (operation === 'listIndexes') return cursorOver(indexes());
      if (operation === 'indexes') return Promise.resolve(indexes());
      if (operation === 'indexExists') {
        const names = [parameters[0]].flat();
        return Promise.resolve(names.every((name) => indexes().some((index) => index.name === name)));
      }
      return undefined;
    },
  });
}

/**
 * A copy of a value, because a migration may change its list of writes afterwards; a map becomes an object, as when it
 * is sent.
 */
function copyOf(value: unknown): unknown {
  if (value instanceof Map) return copyOf(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(copyOf);
  return isPlainObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copyOf(one)]))
    : value;
}

/**
 * The writes that one consists of: a rename may also drop a collection, and `collMod` may make an index unique or
 * expire.
 */
function stepsOf(write: Write, catalog: Catalog): Write[] {
  const { collection, operation, parameters } = write;
  const [first, second] = parameters;
  if (operation === 'rename' && Object(second).dropTarget === true && catalog.get(String(first)))
    return [{ collection: String(first), operation: 'drop', parameters: [] }, write];
  const { index, ...others } = Object(first);
  if (operation !== 'command collMod' || !(index?.unique || 'expireAfterSeconds' in Object(index))) return [write];
  const { keyPattern: key, name, ...options } = index;
  const made = catalog.get(collection ?? '')?.indexes.find((one) => one.name === (name ?? nameOf(key)));
  const makes = { collection, operation: 'createIndexes', parameters: [[{ key, name, ...made, ...options }]] };
  return Object.keys(others).length === 1 ? [makes] : [makes, { ...write, parameters: [others, second] }];
}

const FILTERED = /^(updateOne|updateMany|replaceOne|deleteOne|deleteMany|findOneAnd\w+)$/;

/** How many documents each filter of a write finds, and one for each document that it brings. */
async function countsOf(db: Db, write: Write, catalog: Catalog): Promise<number[] | undefined> {
  const { collection, operation, parameters } = write;
  if (collection === null) return undefined;
  const { stored } = catalog.get(collection) ?? { stored: collection };
  const count = async (filter: unknown, isOne = false) =>
    stored === undefined ? 0 : db.collection(stored).countDocuments(Object(filter ?? {}), isOne ? { limit: 1 } : {});
  const [first] = parameters;
  if (operation === 'drop') return [await count({})];
  if (operation === 'insertOne') return [1];
  if (FILTERED.test(operation)) return [await count(first, !operation.endsWith('Many'))];
  if (!Array.isArray(first) || !['insertMany', 'bulkWrite'].includes(operation)) return undefined;
  const counts: number[] = [];
  for (const { updateMany, deleteMany } of first.map((one) => Object(one))) {
    const many = operation === 'bulkWrite' && (updateMany ?? deleteMany);
    counts.push(many ? await count(many.filter) : 1);
  }
  return counts;
}

/** What the driver would have answered, as far as migrations look at it. */
function answer({ operation, parameters }: Write, documents: number): unknown {
  if (operation === 'insertOne') return { acknowledged: true, insertedId: Object(parameters[0])._id };
  if (operation.startsWith('createIndex')) return 'recorded';
  if (operation.startsWith('findOneAnd')) return null;
  if (operation.startsWith('drop')) return true;
  const counts = { insertedCount: 0, matchedCount: 0, modifiedCount: 0, deletedCount: 0, upsertedCount: 0 };
  if (operation.startsWith('delete')) return { ...counts, acknowledged: true, deletedCount: documents };
  return { ...counts, acknowledged: true, ok: 1, matchedCount: documents, modifiedCount: documents };
}
