import { MongoServerError, type ClientSession } from 'mongodb';
import type { Connection } from 'mongoose';

/**
 * Does work in a transaction, which is committed if the work says so.
 * @returns what the work has said; undefined where another transaction was in the way, then nothing was done
 */
export async function inTransaction(
  connection: Connection,
  work: (session: ClientSession) => Promise<boolean>,
): Promise<boolean | undefined> {
  // Mongoose's own would wait while the database is away.
  const session = connection.getClient().startSession();
  try {
    session.startTransaction();
    const isDone = await work(session);
    if (isDone) await session.commitTransaction();
    return isDone;
  } catch (error) {
    // A lost connection has this label too, but a client should hear of that at once.
    if (error instanceof MongoServerError && error.hasErrorLabel('TransientTransactionError')) return undefined;
    throw error;
  } finally {
    if (session.inTransaction()) await session.abortTransaction().catch(() => {});
    await session.endSession();
  }
}
