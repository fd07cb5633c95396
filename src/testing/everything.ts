import type { Db } from 'mongodb';

/** Everything that a database holds, but for the order of its collections. */
export async function everythingIn(db: Db) {
  const collections = (await db.listCollections().toArray()).toSorted((a, b) => a.name.localeCompare(b.name));
  return Promise.all(
    collections.map(async (collection) => [
      collection,
      await db.collection(collection.name).listIndexes().toArray(),
      await db.collection(collection.name).find().toArray(),
    ]),
  );
}
