import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangeStream, ChangeStreamDocument, Document } from 'mongodb';
import type { AnyModel } from '../../schema/index.ts';
import { toId, toToken } from './resume-token.ts';

/** The server has opened the change stream. */
export interface Opened {
  kind: 'opened';
  /** The id before the first change; `undefined` if that change came with the server's first answer, which hides it. */
  id: string | undefined;
  /** The id that the stream has come to. It moves on without changes in the collection too. */
  position: () => string;
}

export interface Changed {
  kind: 'changed';
  event: ChangeStreamDocument;
}

/** How long the server may hold back an empty answer: less than the `socketTimeoutMS` of the connection. */
const MAX_AWAIT_TIME_MS = 1000;

/**
 * Reads one change stream: the changes of a collection that a majority of the database's members has. Ends when the
 * collection is dropped or replaced, and when the signal is aborted. Throws what the driver throws.
 * @param resumeAfter an id; without one the stream starts at the present
 */
export async function* readChangeStream(
  collection: AnyModel['collection'],
  resumeAfter: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Opened | Changed, void> {
  const stream = collection.watch([], {
    fullDocument: 'updateLookup',
    maxAwaitTimeMS: MAX_AWAIT_TIME_MS,
    ...(resumeAfter !== undefined && { resumeAfter: toToken(resumeAfter) }),
  });
  let closing: Promise<void> | undefined;
  // A second call while the driver closes the cursor would end the cursor's session, and the server would keep the cursor.
  const close = () => void (closing ??= stream.close().catch(() => {}));
  try {
    const { firstEvent, id } = await open(stream);
    if (signal.aborted) return;
    // For the same reason as above the signal must not close the stream while it opens.
    signal.addEventListener('abort', close);
    yield { kind: 'opened', id, position: () => toId(stream.resumeToken) };
    if (signal.aborted) return;
    for (let event = await firstEvent; event.operationType !== 'invalidate'; event = await stream.next()) {
      yield { kind: 'changed', event };
      if (signal.aborted) return;
    }
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** Waits until the server has opened the stream. */
async function open(stream: ChangeStream<Document, ChangeStreamDocument>) {
  const firstEvent = stream.next();
  let hasEvent = false;
  firstEvent.then(
    () => (hasEvent = true),
    () => {}, // whoever awaits firstEvent gets the error
  );
  await Promise.race([firstEvent, once(stream, 'resumeTokenChanged')]);
  // An event in the server's first answer changes the resume token, too, just before `firstEvent` resolves.
  await nextTurn();
  return { firstEvent, id: hasEvent ? undefined : toId(stream.resumeToken) };
}
