import type { Db } from 'mongodb';
import { editValidator } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20261122210000-add_history.ts';

/**
 * What changes: an engine may carry the entries of its last changes in `_outbox`, until they are moved to
 * `engines.history`.
 * Why: a change and its entry are one write, which takes half as long as two.
 */
const _outbox = { bsonType: 'array', items: { bsonType: 'object' } };

export async function up(db: Db): Promise<void> {
  await editValidator(db, 'engines', { set: { _outbox } });
}

/** No entry is lost: this is refused while an engine still carries one. */
export async function down(db: Db): Promise<void> {
  const carrying = await db.collection('engines').countDocuments({ _outbox: { $exists: true } });
  if (carrying > 0)
    throw new Error(
      `${carrying} engines still carry entries of their history. Start the API of this version, which moves them, stop it, and run this again.`,
    );
  await editValidator(db, 'engines', { unset: ['_outbox'] });
}
