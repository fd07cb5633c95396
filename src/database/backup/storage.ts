import { BSON, type Db } from 'mongodb';
import type { Description } from './collections.ts';
import { BUCKETS } from './layout.ts';
import { ServerRefusal } from './refusal.ts';
import type { StoredCollection } from './verify-files.ts';

/** Where the documents of a collection are stored, and how they are read and written unchanged. */
export interface Storage {
  collection: string;
  /** Whether they are the buckets of a time series. */
  buckets: boolean;
  /** Whether the server reads and writes buckets only if a command says `rawData`. */
  rawData: boolean;
}

/**
 * Finds where the documents of a collection are stored. As mongodump does (NewIntentFromOptions in mongodump/prepare.go), a time
 * series is read and written by its buckets: MongoDB before 8.3 keeps them in a collection beside it. SecantusDB has none.
 */
export async function storageOf(db: Db, { name, type }: Pick<Description, 'name' | 'type'>): Promise<Storage> {
  if (type !== 'timeseries') return { collection: name, buckets: false, rawData: false };
  if (await knowsRawData(db)) return { collection: name, buckets: true, rawData: true };
  const [beside] = await db.listCollections({ name: BUCKETS + name }, { nameOnly: true }).toArray();
  return { collection: beside?.name ?? name, buckets: beside !== undefined, rawData: false };
}

async function knowsRawData(db: Db): Promise<boolean> {
  const { version } = await db.admin().buildInfo();
  const [major = 0, minor = 0] = String(version).split('.').map(Number);
  return major > 8 || (major === 8 && minor >= 3);
}

/**
 * MongoDB and SecantusDB keep time series in different ways, and neither keeps the other's documents byte for byte.
 * @param place the name under which the collection has been created, still empty
 * @throws {ServerRefusal} if the documents of the backup are of the other kind
 */
export async function refuseOtherStorage(db: Db, place: string, stored: StoredCollection): Promise<void> {
  const { name, type } = stored;
  if (type !== 'timeseries') return;
  const { buckets } = await storageOf(db, { name: place, type });
  for await (const [first] of stored.read()) {
    if (first === undefined || isBucket(first, stored) === buckets) return;
    throw new ServerRefusal(
      `${name} is a time series of ${buckets ? 'measurements' : 'buckets'}, and this server keeps ` +
        `${buckets ? 'buckets' : 'measurements'}. Restore into the kind of server that the backup was made from.`,
    );
  }
}

/** Whether a document is a bucket: a measurement has a time, a bucket does not. See "Time Series Collections" in MongoDB's manual. */
function isBucket(document: Uint8Array, { options }: StoredCollection): boolean {
  const timeField = String(Object(options['timeseries']).timeField);
  return !(BSON.deserialize(document, { validation: { utf8: false } })[timeField] instanceof Date);
}
