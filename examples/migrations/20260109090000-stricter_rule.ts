import type { Db } from 'mongodb';
import { editValidator } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260108090000-unique_index.ts';

/**
 * What changes: every booster has a `serial`, of at most 8 characters.
 * Why: it is engraved on the casing, where there is no more room.
 *
 * If stored boosters break this, `up` names one and changes nothing: only people can know the right serial.
 */
export async function up(db: Db): Promise<void> {
  await editValidator(db, 'boosters', { set: { serial: { bsonType: 'string', maxLength: 8 } }, required: ['serial'] });
}

export async function down(db: Db): Promise<void> {
  await editValidator(db, 'boosters', { set: { serial: { bsonType: 'string' } }, optional: ['serial'] });
}
