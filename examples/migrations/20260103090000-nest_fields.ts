import type { Db } from 'mongodb';
import { editValidator, renameField } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260102090000-rename_field.ts';

/**
 * What changes: `ratio` and `material` move into an object, as `nozzle.ratio` and `nozzle.material`.
 * Why: both describe the nozzle, and more about it will follow.
 *
 * The object comes with the first field that moves in, and goes with the last that moves out.
 */
const ratio = { bsonType: ['int', 'double', 'null'] };
const material = { bsonType: 'string' };
const nozzle = { bsonType: 'object', properties: { ratio, material }, additionalProperties: false };

export async function up(db: Db): Promise<void> {
  await editValidator(db, 'boosters', { set: { nozzle }, unset: ['ratio', 'material'] }, async () => {
    await renameField(db, { collection: 'boosters', from: 'ratio', to: 'nozzle.ratio' });
    await renameField(db, { collection: 'boosters', from: 'material', to: 'nozzle.material' });
  });
}

export async function down(db: Db): Promise<void> {
  await editValidator(db, 'boosters', { set: { ratio, material }, unset: ['nozzle'] }, async () => {
    await renameField(db, { collection: 'boosters', from: 'nozzle.ratio', to: 'ratio' });
    await renameField(db, { collection: 'boosters', from: 'nozzle.material', to: 'material' });
  });
}
