import type { Db } from 'mongodb';
import { convertFields, editValidator, revertFields, type Conversion } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260105090000-split_field.ts';

/**
 * What changes: `builtYear` and `builtMonth`, which may be absent, become the date `builtOn`.
 * Why: boosters are sorted by their age.
 *
 * A year without a month becomes its first of January. Both are kept in `archive.boosters.merge built`, so `down` knows
 * that there was no month.
 */
const merge: Conversion = {
  collection: 'boosters',
  name: 'merge built',
  before: { builtYear: 'int', builtMonth: ['int', 'missing'] },
  after: { builtOn: 'date' },
  convert({ builtYear, builtMonth = 1 }) {
    if (builtYear === undefined) throw new Error('it has a builtMonth and no builtYear');
    return { builtOn: new Date(Date.UTC(Number(builtYear), Number(builtMonth) - 1)) };
  },
  revert({ builtOn }) {
    const date = new Date(Number(builtOn));
    return { builtYear: date.getUTCFullYear(), builtMonth: date.getUTCMonth() + 1 };
  },
};

const int = { bsonType: 'int' };

export async function up(db: Db): Promise<void> {
  const edit = { set: { builtOn: { bsonType: 'date' } }, unset: ['builtYear', 'builtMonth'] };
  await editValidator(db, 'boosters', edit, async () => convertFields(db, merge));
}

export async function down(db: Db): Promise<void> {
  const edit = { set: { builtYear: int, builtMonth: int }, unset: ['builtOn'] };
  await editValidator(db, 'boosters', edit, async () => revertFields(db, merge));
}
