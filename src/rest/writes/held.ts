import { MongoServerError, MongoWriteConcernError } from 'mongodb';
import { hasCode, MAX_TIME_MS_EXPIRED } from '../../error-code.ts';
import { unavailable } from '../http/problems.ts';

/** How long a write outside of a transaction may wait for what others hold, so that its client hears of it in time. */
const MOST_MS = 1000;

/** The option that bounds how long the database works on a write. */
export const writeLimit = ({ maxTimeMS }: { maxTimeMS: number }) => ({ maxTimeMS: Math.min(maxTimeMS, MOST_MS) });

/** A write is held up: in MongoDB it waits for a transaction that has written the same ("Transactions", in-progress writes). */
export const held = (seconds: number) =>
  unavailable(
    `Another transaction of the database holds this resource, or a value that must be unique, and did not let go within ` +
      `${seconds} s. Nothing was changed; try again when it has ended.`,
  );

/** Waits for a write that has the limit. @throws {Problem} 503 if that was not enough */
export const inTheLimit = <Result>(work: Promise<Result>): Promise<Result> =>
  work.catch((error: unknown) => {
    // Of a write that only its acknowledgement was late for, it is not known what becomes of it.
    const isHeld = error instanceof MongoServerError && !(error instanceof MongoWriteConcernError);
    throw isHeld && hasCode(error, MAX_TIME_MS_EXPIRED) ? held(MOST_MS / 1000) : error;
  });
