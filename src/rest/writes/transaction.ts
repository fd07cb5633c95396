import { MongoServerError, type ClientSession } from 'mongodb';
import type { Connection } from 'mongoose';

/**
 * Does work in a transaction, which is committed if the work says so.
 * @returns what the work has said; false also where others were in the way. Then nothing was done, and it can be tried again
 */
export async function inTransaction(
  connection: Connection,
  work: (session: ClientSession) => Promise<boolean>,
): Promise<boolean> {
  // Mongoose's own would wait while the database is away.
  const session = connection.getClient().startSession();
  try {
    session.startTransaction();
    const isDone = await work(session);
    if (isDone) await session.commitTransaction();
    return isDone;
  } catch (error) {
    // A lost connection has this label too, but a client should hear of that at once.
    if (error instanceof MongoServerError && error.hasErrorLabel('TransientTransactionError')) return false;
    throw error;
  } finally {
    if (session.inTransaction()) await session.abortTransaction().catch(() => {});
    await session.endSession();
  }
}
