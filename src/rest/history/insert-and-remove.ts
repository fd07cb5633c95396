import { MongoClientBulkWriteError, MongoServerError, type Document, type MongoClient } from 'mongodb';
import { COMMAND_NOT_FOUND, DUPLICATE_KEY, hasCode } from '../../error-code.ts';
import type { Resource } from '../resource-description.ts';
import { entriesOf, type Entry } from './entries.ts';

/** Clients whose server is older than MongoDB 8.0, which brought the command `bulkWrite`. */
const lacking = new WeakSet<MongoClient>();

/**
 * Inserts an entry and then removes the member that matches a filter, by one command. If the entry is not inserted, nothing
 * is removed.
 * @returns whether a member was removed; `tied` if another entry of the member has the same time, so that nothing was done;
 *   `undefined` if the server does not have the command
 * @throws what the driver throws for one write
 */
export async function insertAndRemove(
  resource: Pick<Resource, 'connection' | 'collection' | 'charged'>,
  entry: Entry,
  filter: Document,
  options: { maxTimeMS: number },
): Promise<boolean | 'tied' | undefined> {
  const client = resource.connection.getClient();
  if (lacking.has(client)) return undefined;
  const entries = entriesOf(resource);
  const member = `${entries.dbName}.${resource.collection.collectionName}`;
  try {
    const { deletedCount } = await client.bulkWrite(
      [
        { name: 'insertOne', namespace: entries.namespace, document: entry },
        { name: 'deleteOne', namespace: member, filter },
      ],
      { ...options, ...(resource.charged && { comment: resource.charged }) },
    );
    return deletedCount > 0;
  } catch (error) {
    const reason = reasonOf(error);
    if (hasCode(reason, DUPLICATE_KEY)) return 'tied';
    if (!hasCode(reason, COMMAND_NOT_FOUND)) throw reason;
    lacking.add(client);
    return undefined;
  }
}

/** The error of the server inside the one that the driver makes. */
function reasonOf(error: unknown): unknown {
  if (!(error instanceof MongoClientBulkWriteError)) return error;
  const [first = error.writeConcernErrors[0]] = error.writeErrors.values();
  return error.cause ?? (first ? new MongoServerError({ ...first }) : error);
}
