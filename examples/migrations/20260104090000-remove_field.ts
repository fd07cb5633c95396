import type { Db } from 'mongodb';
import { setField, unsetField } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260103090000-nest_fields.ts';

/**
 * What changes: `nozzle.ratio` goes.
 * Why: nobody reads it any more; it follows from the measurements.
 */
const ratio = { collection: 'boosters', field: 'nozzle.ratio' };

/** The values are kept in `archive.boosters.nozzle.ratio`. */
export async function up(db: Db): Promise<void> {
  await unsetField(db, ratio);
}

/** Each document gets back the value that it had, in its own type; one that had none gets none. */
export async function down(db: Db): Promise<void> {
  await setField(db, { ...ratio, schema: { bsonType: ['int', 'double', 'null'] } });
}
