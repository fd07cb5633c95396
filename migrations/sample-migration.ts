import type { Db, MongoClient } from 'mongodb';

/**
 * What changes: …
 * Why: …
 *
 * Old and new documents live side by side until this is done, and the API serves both meanwhile. Import
 * `mongodb` and `#migrate`, never a model: a model changes later, this file must not. Whatever is killed half-way is run again.
 *
 * Order, in both directions: allowBoth, so that either API can write; removeIndex; then the fields; addIndex;
 * setValidator last, for it refuses what still has the old shape. `src/migrate/operations/kinds-of-change.test.ts` has an example
 * of each kind of change.
 */
export async function up(db: Db, client: MongoClient): Promise<void> {
  // await allowBoth(db, 'engines', validatorBefore, validator);
  // await addField(db, { collection: 'engines', field: 'name', value: null });
  // await setValidator(db, 'engines', validator);
}

/** Takes back what `up` did, without losing a value. */
export async function down(db: Db, client: MongoClient): Promise<void> {
  // await allowBoth(db, 'engines', validator, validatorBefore);
  // await removeField(db, { collection: 'engines', field: 'name' });
  // await setValidator(db, 'engines', validatorBefore);
}
