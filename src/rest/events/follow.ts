import { MongoServerError } from 'mongodb';
import type { AnyModel } from '../../schema/index.ts';
import { toProblem } from '../http/failures.ts';
import { readChangeStream, type Changed, type Opened } from './change-stream.ts';
import { noChangeStreams, unknownEventId } from './event-problems.ts';
import { RetryPolicy } from './retry-policy.ts';

interface Options {
  collection: AnyModel['collection'];
  /** The event to resume after; without it, the changes from now on are read. */
  lastEventId: string | undefined;
  /** How long the database may be away. */
  patienceMs: number;
  /** Ends it, and closes the change stream. */
  signal: AbortSignal;
}

/** A change stream was opened, or a change has happened. `isAnew`: changes before this opening are lost. */
export type StreamNotification = (Opened & { isAnew: boolean }) | Changed;

/**
 * Where a change stream is to start.
 * - `present`: with the next change, for readers that have seen none yet.
 * - `resume`: after a change that is known by its id.
 * - `anew`: with the next change, though changes are lost before it.
 */
type Start = { from: 'present' } | { from: 'resume'; lastEventId: () => string } | { from: 'anew' };

/** The codes of errors that say that the server cannot resume. See "Error Codes" in MongoDB's manual. */
const CANNOT_RESUME = new Set([
  136, // CappedPositionLost
  260, // InvalidResumeToken: the collection was replaced
  280, // ChangeStreamFatalError
  286, // ChangeStreamHistoryLost
  40_615, // the collection was dropped
]);

const NO_CHANGE_STREAMS = 40_573;

/**
 * Follows the changes of a collection by one change stream after the other: after an outage the next one resumes where the
 * last one was; where that is impossible, it starts anew.
 * @throws {Problem} 501 if the server has no change streams; 400 if it does not know the event to resume after
 * @throws what the driver throws if the database is away at first, or for longer than `patienceMs`
 */
export async function* follow({
  collection,
  lastEventId,
  patienceMs,
  signal,
}: Options): AsyncGenerator<StreamNotification, void> {
  const retry = new RetryPolicy(patienceMs);
  let start: Start =
    lastEventId === undefined ? { from: 'present' } : { from: 'resume', lastEventId: () => lastEventId };
  let hasOpened = false;
  while (!signal.aborted) {
    try {
      const resumeAfter: string | undefined = start.from === 'resume' ? start.lastEventId() : undefined;
      for await (const notification of readChangeStream(collection, resumeAfter, signal)) {
        if (notification.kind === 'changed') {
          retry.onChanged();
          yield notification;
        } else {
          yield { ...notification, isAnew: start.from === 'anew' };
          retry.onOpened();
          hasOpened = true;
          start = { from: 'resume', lastEventId: notification.position };
        }
      }
      start = { from: 'anew' }; // the collection was dropped or replaced
    } catch (error) {
      if (signal.aborted) return;
      const isOutage = toProblem(error).status === 503;
      if (isOutage && !hasOpened) throw error;
      if (isOutage) retry.onOutage(error);
      // After an opening, any other error counts as a loss. One is a change that is too large for the server to send.
      else if (start.from !== 'anew' && (hasOpened || cannotResume(error))) start = { from: 'anew' };
      else throw refusal(error, start);
    }
    await retry.pause(signal);
  }
}

const cannotResume = (error: unknown) => error instanceof MongoServerError && CANNOT_RESUME.has(Number(error.code));

/** The error that the readers get, if another try would not help. */
function refusal(error: unknown, start: Start): unknown {
  if (!(error instanceof MongoServerError)) return error;
  if (error.code === NO_CHANGE_STREAMS) return noChangeStreams();
  return start.from === 'resume' ? unknownEventId() : error;
}
