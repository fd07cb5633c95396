import { MongoBulkWriteError, MongoServerError, MongoWriteConcernError } from 'mongodb';
import { hasCode, MAX_TIME_MS_EXPIRED } from '../../error-code.ts';
import { unavailable } from '../http/problems.ts';

/** How long a write outside of a transaction may take, above all for a lock. Its client must hear of that before it gives up. */
const MOST_MS = 1000;

/** The driver's option that limits how long the database works on a write. @param maxTimeMS the limit of all queries */
export const writeLimit = ({ maxTimeMS }: { maxTimeMS: number }) => ({ maxTimeMS: Math.min(maxTimeMS, MOST_MS) });

/**
 * The 503 for a write that the database gave up, most often because a transaction has written the same document or unique value.
 * See "Transactions", "In-progress Transactions and Write Conflicts", in MongoDB's manual.
 */
const heldUp = (seconds: number) =>
  unavailable(
    `The database did not come to this write within ${seconds} s: another transaction has locked this resource or a unique ` +
      'value that it needs, or the database has too much to do. Nothing was changed. Try again later.',
  );

/** Whether the database has given a write up because it took too long. If only the acknowledgement was late, it may still take place. */
export function isGivenUp(error: unknown): boolean {
  const isLate =
    error instanceof MongoWriteConcernError ||
    (error instanceof MongoBulkWriteError && error.result.getWriteConcernError() !== undefined);
  return error instanceof MongoServerError && !isLate && hasCode(error, MAX_TIME_MS_EXPIRED);
}

/** Waits for a write that has the limit. @throws {Problem} 503 if the limit was reached; else the error of the write */
export const withinWriteLimit = <Result>(work: Promise<Result>): Promise<Result> =>
  work.catch((error: unknown) => {
    throw isGivenUp(error) ? heldUp(MOST_MS / 1000) : error;
  });
