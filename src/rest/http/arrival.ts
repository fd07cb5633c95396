import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Problem } from './problems.ts';

/** How long a client may take to send a request, in milliseconds. */
export interface Patience {
  /** For a whole request whose body is not read as a stream. */
  wholeMs: number;
  /** For the next piece of a stream, while the server waits for it, and for taking some of an answer. */
  idleMs: number;
}

interface Arrival {
  idleMs: number;
  timer: NodeJS.Timeout;
  isStream: boolean;
  /** Why no more of the body can arrive. */
  broken?: Error;
  /** Ends the waiting for the next piece. */
  wake?: (reason: Error) => void;
}

const arrivals = new WeakMap<IncomingMessage, Arrival>();

/** Calls `late` unless the request's body has arrived in time, or is read as a stream. */
export function limitArrival(request: IncomingMessage, { wholeMs, idleMs }: Patience, late: () => void): void {
  const timer = setTimeout(() => {
    if (!request.complete) late();
  }, wholeMs).unref(); // a request that was answered early may never be closed
  request.once('close', () => clearTimeout(timer));
  arrivals.set(request, { idleMs, timer, isStream: false });
}

/** Ends a request, if it is read as a stream, because no more of it can arrive. @returns whether it is one; then it is answered */
export function breakOff(request: IncomingMessage, reason: Error): boolean {
  const arrival = arrivals.get(request);
  if (!arrival?.isStream) return false;
  arrival.broken = reason;
  arrival.wake?.(reason);
  return true;
}

/**
 * The pieces of a request's decoded body. The whole may take any time, but each piece must arrive in time.
 * If the reader stops, the rest of the body is thrown away.
 * @throws {Problem} 408 if the next piece does not arrive in time, 400 if no more can arrive
 */
export async function* arriving(request: IncomingMessage, source: Readable): AsyncGenerator<Buffer> {
  const arrival = arrivals.get(request) ?? { idleMs: 30_000, timer: undefined, isStream: true };
  arrival.isStream = true;
  clearTimeout(arrival.timer);
  // Destroying the source would destroy the connection, and with it the answer.
  const pieces: AsyncIterator<Buffer> = source.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const { done, value } = await next(pieces, arrival);
      if (done) return;
      yield value;
    }
  } finally {
    source.on('error', () => {});
    pieces.return?.().catch(() => {}); // while this iterator reads, resume() below would get nothing
    request.unpipe();
    request.resume();
  }
}

function next(
  pieces: AsyncIterator<Buffer>,
  arrival: Omit<Arrival, 'timer'>,
): Promise<IteratorResult<Buffer, undefined>> {
  return new Promise((resolve, reject) => {
    const { idleMs, broken } = arrival;
    const late = () => reject(new Problem(408, `No part of the body arrived for ${idleMs / 1000} s.`, [], CLOSE));
    const timer = setTimeout(late, idleMs);
    const fail = () => {
      clearTimeout(timer);
      reject(brokenBody(CLOSE));
    };
    if (broken) return fail();
    arrival.wake = fail;
    pieces
      .next()
      .then(resolve, fail)
      .finally(() => clearTimeout(timer));
  });
}

/** The 400 for a body that ends too early, or cannot be decoded. @param headers of the answer */
export const brokenBody = (headers: Record<string, string> = {}) =>
  new Problem(400, 'The body ended too early, or is not encoded as its Content-Encoding says.', [], headers);

/** The rest of the body is not read, so the connection cannot be used again. */
const CLOSE = { connection: 'close' };
