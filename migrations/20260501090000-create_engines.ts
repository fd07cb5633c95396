import type { Db } from 'mongodb';
import { addCollection, removeCollection } from '#migrate';

/** The migration that this one was written on top of. */
export const after = null;

/**
 * What changes: the collection `engines` appears, with a title of up to 128 characters and a thrust.
 * Why: it is the first shape of an engine, as the application began with it.
 *
 * The validator leaves other fields alone, so that an application that knows more of them can already run.
 */
const validator = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['title'],
    properties: {
      title: { bsonType: 'string', minLength: 1, maxLength: 128 },
      thrust: { bsonType: 'int', minimum: 0 },
    },
  },
};

export async function up(db: Db): Promise<void> {
  await addCollection(db, 'engines', validator);
}

/** Documents are moved aside, and come back with the next `up`. */
export async function down(db: Db): Promise<void> {
  await removeCollection(db, 'engines');
}
