import type { Db } from 'mongodb';
import { setField, unsetField } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260109090000-stricter_rule.ts';

/**
 * What changes: every booster has `burns`, how often it was fired. Stored ones begin with 0.
 * Why: a booster is inspected after ten burns.
 */
const burns = { collection: 'boosters', field: 'burns', schema: { bsonType: 'int' }, required: true, value: 0 };

export async function up(db: Db): Promise<void> {
  await setField(db, burns);
}

/** The values are kept in `archive.boosters.burns`, and come back with the next `up`. */
export async function down(db: Db): Promise<void> {
  await unsetField(db, burns);
}
