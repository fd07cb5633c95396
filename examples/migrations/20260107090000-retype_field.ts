import type { Db } from 'mongodb';
import { convertFields, convertValue, editValidator, revertFields, type Conversion } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260106090000-merge_fields.ts';

/**
 * What changes: `weight` was a text, such as "0012", and becomes a whole number. An empty text becomes null.
 * Why: weights are compared and added up.
 *
 * `up` refuses, before it changes a document, if one has a text that is no whole number, and names it.
 */
const toNumber: Conversion = {
  collection: 'boosters',
  name: 'weight to a number',
  before: { weight: 'string' },
  after: { weight: ['int', 'null'] },
  convert: ({ weight }) => ({ weight: weight === '' ? null : convertValue(weight, 'int') }),
  revert: ({ weight }) => ({ weight: weight === null ? '' : String(weight) }),
};

export async function up(db: Db): Promise<void> {
  await editValidator(db, 'boosters', { set: { weight: { bsonType: ['int', 'null'] } } }, async () => {
    await convertFields(db, toNumber);
  });
}

/** The old texts are in `archive.boosters.weight to a number`: "0012" comes back as "0012". */
export async function down(db: Db): Promise<void> {
  await editValidator(db, 'boosters', { set: { weight: { bsonType: 'string' } } }, async () => {
    await revertFields(db, toNumber);
  });
}
