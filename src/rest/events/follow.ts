import { once } from 'node:events';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { MongoServerError, type ChangeStream, type ChangeStreamDocument, type Document } from 'mongodb';
import type { AnyModel } from '../../schema/index.ts';
import { toProblem } from '../http/failures.ts';
import { Problem } from '../http/problems.ts';

interface Source {
  collection: AnyModel['collection'];
  /** The resume token to start behind; without it, now. */
  from: unknown;
  /** How long the database may be away. */
  patienceMs: number;
  /** Closes the change stream. */
  signal: AbortSignal;
}

/**
 * The stream is open at the place behind this token, which is unknown if a change came first. `isNew`: it does not follow
 * what came before, because the collection was dropped or replaced, or the server has forgotten.
 */
export interface Opening {
  opened: true;
  token: unknown;
  isNew: boolean;
  /** The place that it has come to by itself, where nothing changes. */
  position: () => unknown;
}

type Step = Opening | { opened: false; change: ChangeStreamDocument };

/** The server cannot go on from a place that it once told. See "Error Codes" in MongoDB's manual. */
const FORGOTTEN = new Set([
  136, // CappedPositionLost
  260, // InvalidResumeToken: of a collection that was replaced
  280, // ChangeStreamFatalError
  286, // ChangeStreamHistoryLost
  40_615, // of a collection that was dropped
]);

const NO_CHANGE_STREAMS = 40_573;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** Shorter than what a connection waits for the server, and the server's own. */
const AWAIT_MS = 1000;

/**
 * Follows the changes of a collection, of which only those are told that a majority has. It goes on where it was after an
 * outage, and begins anew where it cannot.
 * @throws {Problem} 501 if the server has no change streams; 400 if it does not know the place; what the driver throws if
 * the database is away at first, or for longer than `patienceMs`
 */
export async function* follow({ collection, from, patienceMs, signal }: Source): AsyncGenerator<Step, void> {
  let token = from;
  let wasOpen = false;
  let isNew = false;
  let failures = 0;
  let deadline = Infinity;
  while (!signal.aborted) {
    const stream = collection.watch([], {
      fullDocument: 'updateLookup',
      maxAwaitTimeMS: AWAIT_MS,
      ...(token !== undefined && { resumeAfter: token }),
    });
    let closing: Promise<void> | undefined;
    // Once only: while the driver closes a cursor, whatever else is asked of it ends its session, and the server keeps it.
    const close = () => void (closing ??= stream.close().catch(() => {}));
    try {
      const { change, start } = await open(stream);
      if (signal.aborted) return;
      signal.addEventListener('abort', close);
      yield { opened: true, token: start, isNew, position: () => stream.resumeToken };
      if (signal.aborted) return;
      [wasOpen, isNew, deadline] = [true, false, Infinity];
      for (let next = await change; next.operationType !== 'invalidate'; next = await stream.next()) {
        failures = 0;
        yield { opened: false, change: next };
        if (signal.aborted) return;
      }
      [token, isNew] = [undefined, true];
    } catch (error) {
      if (signal.aborted) return;
      const isAway = toProblem(error).status === 503;
      if (isAway && wasOpen) {
        deadline = Math.min(deadline, Date.now() + patienceMs);
        if (Date.now() >= deadline) throw error;
        token = stream.resumeToken ?? token;
        isNew ||= token === undefined;
      } else if (!isAway && (wasOpen || isForgotten(error))) {
        // A change that the server cannot send, being too large, is among these.
        if (isNew) throw error;
        [token, isNew] = [undefined, true];
      } else throw refusal(error, token);
    } finally {
      signal.removeEventListener('abort', close);
      close();
    }
    await sleep(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS), undefined, { signal }).catch(() => {});
    failures += 1;
  }
}

/** Waits until the server has opened the stream, and tells behind which place, and the first change to come. */
async function open(stream: ChangeStream<Document, ChangeStreamDocument>) {
  let hasCome = false;
  const change = stream.next();
  change.then(
    () => (hasCome = true),
    () => {},
  );
  await Promise.race([change, once(stream, 'resumeTokenChanged')]);
  // A change that came with the server's first answer is known in this turn.
  await turn();
  return { change, start: hasCome ? undefined : stream.resumeToken };
}

const isForgotten = (error: unknown) => error instanceof MongoServerError && FORGOTTEN.has(Number(error.code));

function refusal(error: unknown, token: unknown): unknown {
  if (!(error instanceof MongoServerError) || toProblem(error).status === 503) return error;
  if (error.code === NO_CHANGE_STREAMS) return noChangeStreams();
  return token === undefined ? error : unknownId();
}

/** What a client is told where there can be no events. */
export const noChangeStreams = () =>
  new Problem(
    501,
    'The database is a standalone mongod. Events come from change streams, which only replica sets and sharded clusters have.',
  );

/** What a client is told whose id no event has. */
export const unknownId = () =>
  new Problem(400, 'There is no event with this id.', [
    {
      header: 'Last-Event-ID',
      keyword: 'format',
      detail: 'must be the id of an event that was received here; leave it out and read the collection again',
    },
  ]);
