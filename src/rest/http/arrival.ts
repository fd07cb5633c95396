import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Problem } from './problems.ts';

/** How long a client may take to send what it announces, in milliseconds. */
export interface Patience {
  /** For a whole request whose body is no stream. */
  wholeMs: number;
  /** For the next piece of a stream, while it is waited for. */
  idleMs: number;
}

interface Arrival {
  idleMs: number;
  timer: NodeJS.Timeout;
  isStream: boolean;
  /** Why nothing more can come. */
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

/** Ends a request that is read as a stream, because no more of it can come. @returns whether it is one, and answers */
export function breakOff(request: IncomingMessage, reason: Error): boolean {
  const arrival = arrivals.get(request);
  if (!arrival?.isStream) return false;
  arrival.broken = reason;
  arrival.wake?.(reason);
  return true;
}

/**
 * The pieces of a request's decoded body, for as long as it takes, provided that they come.
 * However it ends, what is left of the body is thrown away.
 * @throws {Problem} 408 if the next piece does not come in time, 400 if none can come
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
    pieces.return?.().catch(() => {}); // as long as it reads, nothing else gets anything
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
    const late = () => reject(new Problem(408, `Nothing of the body came for ${idleMs / 1000} s.`, [], CLOSE));
    const timer = setTimeout(late, idleMs);
    const fail = () => {
      clearTimeout(timer);
      reject(new Problem(400, 'The body broke off, or is not what its Content-Encoding says.', [], CLOSE));
    };
    if (broken) return fail();
    arrival.wake = fail;
    pieces
      .next()
      .then(resolve, fail)
      .finally(() => clearTimeout(timer));
  });
}

/** What is left of the body does not matter, so the connection cannot be used again. */
const CLOSE = { connection: 'close' };
