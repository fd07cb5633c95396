import type { Db } from 'mongodb';
import { OperatorError } from './operator-error.ts';
import { RESTORE_STATE } from './own-collections.ts';

/**
 * Makes sure that a database is not a part of what it was and a part of what a restore makes of it.
 * @throws {OperatorError} if a restore has begun to change its collections, and has not ended
 */
export async function requireWhole(db: Db): Promise<void> {
  const half = await db.collection(RESTORE_STATE).findOne({ $or: [{ phase: 'swapping' }, { direct: true }] });
  if (half !== null)
    throw new OperatorError(
      `A restore of ${half['directory']} into ${db.databaseName} has not come to its end. Run that db:restore again first.`,
    );
}
