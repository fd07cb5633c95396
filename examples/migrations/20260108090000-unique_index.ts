import type { Db } from 'mongodb';
import { addIndex, removeIndex } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260107090000-retype_field.ts';

/**
 * What changes: no two boosters have the same `serial`.
 * Why: the workshop finds a booster by it.
 *
 * If stored boosters share one, `up` names them and makes no index. Several without a `serial` are no duplicates.
 */
const index = {
  name: 'serial_1',
  key: { serial: 1 },
  unique: true,
  partialFilterExpression: { serial: { $type: 'string' } },
};

export async function up(db: Db): Promise<void> {
  await addIndex(db, 'boosters', index);
}

export async function down(db: Db): Promise<void> {
  await removeIndex(db, 'boosters', index.name);
}
