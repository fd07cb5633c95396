import type { Db } from 'mongodb';
import { addField, editValidator, removeField, renameField } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260110090000-add_field.ts';

/**
 * What changes: `weight` is called `weightKg`, every booster has `stage`, which stage of a rocket it is, and `remark` goes.
 * Why: the new assembly plan reads the first two, and nobody reads the last.
 *
 * The three change together: until all steps are done, either shape can be written, and everything between.
 */
const weight = { bsonType: ['int', 'null'] };
const stage = { collection: 'boosters', field: 'stage', value: 1 };
const remark = { collection: 'boosters', field: 'remark' };

export async function up(db: Db): Promise<void> {
  const edit = {
    set: { weightKg: weight, stage: { bsonType: 'int' } },
    unset: ['weight', 'remark'],
    required: ['stage'],
  };
  await editValidator(db, 'boosters', edit, async () => {
    await renameField(db, { collection: 'boosters', from: 'weight', to: 'weightKg' });
    await addField(db, stage);
    await removeField(db, remark);
  });
}

export async function down(db: Db): Promise<void> {
  const edit = { set: { weight, remark: { bsonType: 'string' } }, unset: ['weightKg', 'stage'] };
  await editValidator(db, 'boosters', edit, async () => {
    await addField(db, remark);
    await removeField(db, stage);
    await renameField(db, { collection: 'boosters', from: 'weightKg', to: 'weight' });
  });
}
