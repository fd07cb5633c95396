import type { Db } from 'mongodb';
import { addIndex, editValidator, removeIndex, setField, unsetField } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260501090000-create_engines.ts';

/**
 * What changes: every engine gets `lastFired`, a date or null, with an index; other fields are no longer accepted.
 * Why: the flight directors want to know which engines have fired, and when.
 */
const lastFired = { collection: 'engines', field: 'lastFired', schema: { bsonType: ['date', 'null'] }, value: null };
const index = { name: 'lastFired_1__id_1', key: { lastFired: 1, _id: 1 } };
const writtenByMongoose = {
  _id: { bsonType: 'objectId' },
  createdAt: { bsonType: 'date' },
  updatedAt: { bsonType: 'date' },
  __v: { bsonType: ['int', 'long', 'double'] },
};

export async function up(db: Db): Promise<void> {
  await setField(db, lastFired);
  await addIndex(db, 'engines', index);
  await editValidator(db, 'engines', { set: writtenByMongoose, otherFields: 'refused' });
}

/** The values are kept in `archive.engines.lastFired`, and come back with the next `up`. */
export async function down(db: Db): Promise<void> {
  await editValidator(db, 'engines', { unset: Object.keys(writtenByMongoose), otherFields: 'allowed' });
  await removeIndex(db, 'engines', index.name);
  await unsetField(db, lastFired);
}
