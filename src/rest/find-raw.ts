import { BSON, MongoNetworkError, type Db, type Document } from 'mongodb';
import { isRetriable } from '../error-code.ts';
import type { Resource } from './resource-description.ts';

/** What is to be found. */
interface Query {
  filter: Document;
  limit: number;
  sort?: Document;
  projection?: Document;
}

/**
 * Finds documents, as BSON, by one command `find`. This costs about half of what a cursor of the driver costs.
 * If the answer does not hold all of them, or the read has failed for a reason that may pass, the driver reads them: it asks
 * for the rest, and tries once more where that helps.
 * @throws what the driver throws
 */
export async function findRaw(
  resource: Pick<Resource, 'collection' | 'connection' | 'maxTimeMS' | 'charged'>,
  query: Query,
) {
  const { connection, collection, maxTimeMS, charged } = resource;
  const { filter, ...options } = query;
  const { db } = connection;
  // The database leaves a cursor open if the last document is the last one of a batch.
  const limits = { batchSize: query.limit + 1, maxTimeMS };
  const command = { find: collection.collectionName, ...query, ...limits, ...(charged && { comment: charged }) };
  return (
    (db && (await findAtOnce(db, command))) ??
    collection.find<Buffer>(filter, { ...options, maxTimeMS, raw: true }).toArray()
  );
}

/** The documents, if one answer holds them all. */
async function findAtOnce(db: Db, command: Document): Promise<Buffer[] | undefined> {
  const { level } = db.readConcern ?? {};
  try {
    const { cursor } = await db.command(
      { ...command, ...(level !== undefined && { readConcern: { level } }) },
      // A command does not inherit this.
      { raw: true, ...(db.readPreference && { readPreference: db.readPreference }) },
    );
    const { firstBatch, id }: Document = BSON.deserialize(cursor, { raw: true });
    if (id === 0) return firstBatch;
    await db.command({ killCursors: command['find'], cursors: [BSON.Long.fromValue(id)] });
  } catch (error) {
    if (!(error instanceof MongoNetworkError) && !isRetriable(error)) throw error;
  }
  return undefined;
}
