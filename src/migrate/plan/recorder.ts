import type { Db, Document, MongoClient } from 'mongodb';
import { interceptWrites, type Write } from '../handle.ts';
import type { PlannedBackfill } from '../run-context.ts';
import type { Catalog } from './catalog.ts';

/** A write that was asked for and not sent. */
export interface Recorded extends Write {
  /** How many stored documents it would touch, where its filter tells. */
  documents?: number;
}

const FILTERED = /^(updateOne|updateMany|replaceOne|deleteOne|deleteMany|findOneAnd\w+)$/;

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
    run: { checkpoint: () => undefined, proceed: async () => {}, plan },
    async intercept(write) {
      const documents = await matching(db, write);
      onWrite({ ...write, ...(documents !== undefined && { documents }) });
      catalog.apply(write);
      return answer(write, documents ?? 0);
    },
    read: ({ collection, operation, parameters }) => {
      if (operation === 'listCollections')
        return cursor(
          catalog
            .entries()
            .filter(isLike(Object(parameters[0])))
            .map(show),
        );
      const indexes = () => catalog.get(collection ?? '')?.indexes ?? [];
      if (operation === 'listIndexes') return cursor(indexes());
      if (operation === 'indexes') return Promise.resolve(indexes());
      if (operation === 'indexExists') {
        const names = [parameters[0]].flat();
        return Promise.resolve(names.every((name) => indexes().some((index) => index.name === name)));
      }
      return undefined;
    },
  });
}

const show = ({ name, options }: { name: string; options: Document }) => ({
  name,
  type: 'collection',
  options,
  info: {},
});
const isLike = (filter: Document) => (entry: { name: string }) =>
  filter['name'] === undefined || entry.name === filter['name'];

/** As much of a cursor as migrations use. */
function cursor(documents: readonly Document[]) {
  const left = [...documents];
  return {
    toArray: async () => left.splice(0),
    hasNext: async () => left.length > 0,
    next: async () => left.shift() ?? null,
    async *[Symbol.asyncIterator]() {
      yield* left.splice(0);
    },
  };
}

async function matching(db: Db, { collection, operation, parameters }: Write): Promise<number | undefined> {
  if (collection === null) return undefined;
  const [first] = parameters;
  if (operation === 'insertOne') return 1;
  if (operation === 'insertMany' || operation === 'bulkWrite') return Array.isArray(first) ? first.length : undefined;
  if (!FILTERED.test(operation)) return undefined;
  const one = !operation.endsWith('Many');
  return db.collection(collection).countDocuments(Object(first ?? {}), one ? { limit: 1 } : {});
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
