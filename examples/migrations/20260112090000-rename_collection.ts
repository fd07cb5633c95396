import type { Db } from 'mongodb';
import { renameCollection } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20260111090000-several_fields.ts';

/**
 * What changes: the collection `boosters` is called `stages`, with its documents, indexes, validator and archives.
 * Why: upper stages are kept in it, too, and they boost nothing.
 *
 * Stop every version of the application that knows the old name before `up`: what it writes afterwards would make
 * `boosters` anew, and `up` would refuse to end.
 */
export async function up(db: Db): Promise<void> {
  await renameCollection(db, 'boosters', 'stages');
}

export async function down(db: Db): Promise<void> {
  await renameCollection(db, 'stages', 'boosters');
}
