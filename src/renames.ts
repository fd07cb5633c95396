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

/**
 * Lets the renames of a collection's fields be those of another one, which it is called from now on.
 * @param keep also for who still knows it by its old name
 */
export async function moveRenames(db: Db, collection: string, to: string, { keep = false } = {}): Promise<void> {
  for (const { at, from: field, to: name } of await renamesOf(db, collection))
    await recordsOf(db).updateOne(
      { _id: { collection: to, from: field, to: name } },
      { $set: { at } },
      { upsert: true },
    );
  if (!keep) await recordsOf(db).deleteMany({ '_id.collection': collection });
}
