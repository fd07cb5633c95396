import type { Db, MongoClient } from 'mongodb';

/**
 * What changes: …
 * Why: …
 *
 * Old and new documents live side by side until this is done, and the API serves both meanwhile. Use the driver and
 * src/migrate, never a model: a model changes later, this file must not. Whatever is killed half-way is run again.
 */
export async function up(db: Db, client: MongoClient): Promise<void> {
  // await addField(db, { collection: 'engines', field: 'name', value: null });
}

/** Takes back what `up` did, without losing a value. */
export async function down(db: Db, client: MongoClient): Promise<void> {
  // await removeField(db, { collection: 'engines', field: 'name' });
}
