import type { Db } from 'mongodb';

/** Another name of a field of a collection's documents; `nozzle.ratio` is one within an object. */
interface Rename {
  collection: string;
  from: string;
  to: string;
}

/** One that a migration has made, and when. */
export interface MadeRename extends Rename {
  at: Date;
}

const COLLECTION = 'migration_renames';
const recordsOf = (db: Db) => db.collection<{ _id: Rename; at: Date }>(COLLECTION);

/** Records that a field has another name from now on, for those who read what was kept of documents before. */
export async function recordRename(db: Db, { collection, from, to }: Rename): Promise<void> {
  await recordsOf(db).updateOne({ _id: { collection, from, to } }, { $currentDate: { at: true } }, { upsert: true });
}

/** The renames of a collection's fields, in their order. One that was made several times has its last time. */
export async function renamesOf(db: Db, collection: string): Promise<MadeRename[]> {
  const records = await recordsOf(db).find({ '_id.collection': collection }).sort({ at: 1 }).toArray();
  return records.map(({ _id, at }) => ({ ..._id, at }));
}
