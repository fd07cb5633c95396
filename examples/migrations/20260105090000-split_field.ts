import type { Db } from 'mongodb';
import { addIndex, convertFields, editValidator, removeIndex, revertFields, type Conversion } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260104090000-remove_field.ts';

/**
 * What changes: `name` becomes `maker`, its first word, and `model`, the rest.
 * Why: boosters are filtered by their maker.
 *
 * Two names can become the same two words: every name is kept in `archive.boosters.split name`, and `down` brings back
 * the very same one unless somebody changed the words since. The index on `name` goes before the field does.
 */
const split: Conversion = {
  collection: 'boosters',
  name: 'split name',
  before: { name: 'string' },
  after: { maker: 'string', model: 'string' },
  convert({ name }) {
    const [maker, ...model] = String(name).split(/\s+/u);
    return { maker, model: model.join(' ') };
  },
  revert: ({ maker, model }) => ({ name: `${String(maker)} ${String(model)}` }),
};

const text = { bsonType: 'string' };
const byName = { name: 'name_1__id_1', key: { name: 1, _id: 1 } };
const byMaker = { name: 'maker_1__id_1', key: { maker: 1, _id: 1 } };

export async function up(db: Db): Promise<void> {
  await removeIndex(db, 'boosters', byName.name);
  await editValidator(db, 'boosters', { set: { maker: text, model: text }, unset: ['name'] }, async () => {
    await convertFields(db, split);
  });
  await addIndex(db, 'boosters', byMaker);
}

export async function down(db: Db): Promise<void> {
  await removeIndex(db, 'boosters', byMaker.name);
  await editValidator(db, 'boosters', { set: { name: text }, unset: ['maker', 'model'] }, async () => {
    await revertFields(db, split);
  });
  await addIndex(db, 'boosters', byName);
}
