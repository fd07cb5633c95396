import { MongoServerError, type ClientSession } from 'mongodb';
import type { Connection } from 'mongoose';

/**
 * Does work in a transaction. The transaction is committed if the work resolves to true, else aborted.
 * @returns what the work resolves to; undefined if another transaction was in the way, so that nothing was written
 * @throws what the work or the driver throws otherwise
 */
export async function inTransaction(
  connection: Connection,
  work: (session: ClientSession) => Promise<boolean>,
): Promise<boolean | undefined> {
  // Not Mongoose's startSession: it would wait while the database is away.
  const session = connection.getClient().startSession();
  try {
    session.startTransaction();
    const isDone = await work(session);
    if (isDone) await session.commitTransaction();
    return isDone;
  } catch (error) {
    // The error of a lost connection has this label too, but a client should hear of that at once.
    if (error instanceof MongoServerError && error.hasErrorLabel('TransientTransactionError')) return undefined;
    throw error;
  } finally {
    if (session.inTransaction()) await session.abortTransaction().catch(() => {});
    await session.endSession();
  }
}
