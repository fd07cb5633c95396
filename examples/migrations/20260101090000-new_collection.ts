import type { Db } from 'mongodb';
import { addCollection, addIndex, removeCollection } from '#migrate';

/** The migration that this one was written on top of. */
export const after = null;

/**
 * What changes: the collection `boosters` appears, with an index for its list by name.
 * Why: boosters are bought and tested apart from the engines in them.
 */
const validator = {
  $jsonSchema: {
    bsonType: 'object',
    properties: {
      _id: { bsonType: 'objectId' },
      serial: { bsonType: 'string' },
      name: { bsonType: 'string' },
      thrust: { bsonType: ['int', 'double', 'null'] },
      weight: { bsonType: 'string' },
      ratio: { bsonType: ['int', 'double', 'null'] },
      material: { bsonType: 'string' },
      builtYear: { bsonType: 'int' },
      builtMonth: { bsonType: 'int' },
      remark: { bsonType: 'string' },
    },
    additionalProperties: false,
  },
};

export async function up(db: Db): Promise<void> {
  await addCollection(db, 'boosters', validator);
  await addIndex(db, 'boosters', { name: 'name_1__id_1', key: { name: 1, _id: 1 } });
}

/** A collection with documents is moved to `archive.boosters`, and comes back with the next `up`. */
export async function down(db: Db): Promise<void> {
  await removeCollection(db, 'boosters');
}
