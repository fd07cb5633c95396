import type { Db, MongoClient } from 'mongodb';

/**
 * What changes: …
 * Why: …
 *
 * Old and new documents live side by side until this is done, and the API serves both meanwhile. Import
 * `mongodb` and `#migrate`, never a model: a model changes later, this file must not. Whatever is killed half-way is run again.
 *
 * Several fields change together within editValidator(), which lets either API write meanwhile. An index goes before
 * its field and comes after it; setValidationLevel(), of MongoDB 9.0, comes last.
 * `examples/migrations` has an example of each kind of change.
 */
export async function up(db: Db, client: MongoClient): Promise<void> {
  // await setField(db, { collection: 'engines', field: 'mass', schema: { bsonType: 'int' }, value: 0 });
}

/** Takes back what `up` did, without losing a value. */
export async function down(db: Db, client: MongoClient): Promise<void> {
  // await unsetField(db, { collection: 'engines', field: 'mass' });
}
