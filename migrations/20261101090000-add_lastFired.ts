import type { Db } from 'mongodb';
import { addField, addIndex, removeField, removeIndex, setValidator } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260501090000-create_engines.ts';

/**
 * What changes: every engine gets `lastFired`, a date or null, with an index; other fields are no longer accepted.
 * Why: the flight directors want to know which engines have fired, and when.
 */
const validator = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['title'],
    properties: {
      _id: { bsonType: 'objectId' },
      title: { bsonType: 'string', minLength: 1, maxLength: 128 },
      thrust: { bsonType: 'int', minimum: 0 },
      lastFired: { bsonType: ['date', 'null'] },
      createdAt: { bsonType: 'date' },
      updatedAt: { bsonType: 'date' },
      __v: { bsonType: ['int', 'long', 'double'] },
    },
    additionalProperties: false,
  },
};

const validatorBefore = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['title'],
    properties: {
      title: { bsonType: 'string', minLength: 1, maxLength: 128 },
      thrust: { bsonType: 'int', minimum: 0 },
    },
  },
};

const lastFired = { collection: 'engines', field: 'lastFired' };
const index = { name: 'lastFired_1__id_1', key: { lastFired: 1, _id: 1 } };

export async function up(db: Db): Promise<void> {
  await setValidator(db, 'engines', validator);
  await addField(db, { ...lastFired, value: null });
  await addIndex(db, 'engines', index);
}

/** The values are kept in `archive.engines.lastFired`, and come back with the next `up`. */
export async function down(db: Db): Promise<void> {
  await setValidator(db, 'engines', validatorBefore);
  await removeIndex(db, 'engines', index.name);
  await removeField(db, lastFired);
}
