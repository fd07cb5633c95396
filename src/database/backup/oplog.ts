import { BSON, type Document } from 'mongodb';

/** What `mongodump --oplog` keeps beside the databases in a folder: the writes made while it ran. */
export const OPLOG = 'oplog.bson';

/** How many of an oplog's entries are writes to a database. */
export const writesTo = (database: string, entries: readonly Uint8Array[]): number =>
  entries.reduce((sum, entry) => sum + writesIn(BSON.deserialize(entry), database), 0);

/** Says how many writes to a database an oplog holds, for none of them is replayed. */
export function describeOplog(writes: number, database: string): string {
  if (writes === 0) return `The oplog holds no writes to ${database}.`;
  return (
    `The oplog holds writes to ${database} that were made while mongodump ran (${writes}). They are not replayed here, so ` +
    'documents may be of different moments: mongorestore --oplogReplay replays them.'
  );
}

/** A transaction is one entry; it has those of its writes inside. */
function writesIn({ ns, op, o }: Document, database: string): number {
  const inner: unknown = o?.['applyOps'];
  if (Array.isArray(inner)) return inner.reduce<number>((sum, entry: Document) => sum + writesIn(entry, database), 0);
  return op !== 'n' && String(ns).startsWith(`${database}.`) ? 1 : 0;
}
