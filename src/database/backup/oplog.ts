import { BSON, type Document } from 'mongodb';

/** What `mongodump --oplog` keeps beside the databases: the writes made while it ran. */
export const OPLOG = 'oplog.bson';

/** Says how many writes to a database an oplog holds, for none of them is replayed. */
export async function describeOplog(batches: AsyncIterable<Buffer[]>, database: string): Promise<string> {
  let writes = 0;
  for await (const batch of batches) for (const entry of batch) writes += writesIn(BSON.deserialize(entry), database);
  if (writes === 0) return `${OPLOG} holds no writes to ${database}.`;
  return (
    `${OPLOG} holds ${writes} writes to ${database} that were made while mongodump ran. They are not replayed here, so ` +
    'documents may be of different moments: mongorestore --oplogReplay replays them.'
  );
}

/** A transaction is one entry; it has those of its writes inside. */
function writesIn({ ns, op, o }: Document, database: string): number {
  const inner: unknown = o?.['applyOps'];
  if (Array.isArray(inner)) return inner.reduce<number>((sum, entry: Document) => sum + writesIn(entry, database), 0);
  return op !== 'n' && String(ns).startsWith(`${database}.`) ? 1 : 0;
}
