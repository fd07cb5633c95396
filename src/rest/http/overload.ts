import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { hasBody } from './body.ts';

/** How much a process takes on at a time. */
export interface Capacity {
  /**
   * How many requests of a kind may have arrived whole and wait for their answers to begin, if there are as many for longer than `burstMs`. More at a
   * time are not done sooner: each waits for longer, until none is done in time.
   */
  inWork: Readonly<Record<Kind, number>>;
  /** For how long there may be more: many requests that come at once, and then none. */
  burstMs: number;
  /** The most requests of both kinds that may wait. */
  mostWaiting: number;
  /** How long a turn of the event loop may take on average, in milliseconds, while more than a few requests wait. */
  mostDelayMs: number;
}

type Kind = 'reads' | 'writes';

export const CAPACITY: Capacity = {
  inWork: { reads: 64, writes: 32 },
  burstMs: 200,
  mostWaiting: 1000,
  mostDelayMs: 1000,
};

/** Without too many requests for so long, a crowd has gone. Whoever was refused comes again within that time. */
const CALM_MS = 2000;

/** With fewer requests a long turn is no overload, but a long piece of work. */
const FEW = 100;
const SAMPLE_MS = 1000;
const RESOLUTION_MS = 20;

/** Balancers ask here whether the process is alive. If it did not answer, they would end it, and the others would get its load. */
export const isHealthCheck = ({ url = '' }: IncomingMessage) => url.startsWith('/health');

const kindOf = ({ method = '' }: IncomingMessage): Kind =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'reads' : 'writes';

/** The requests of one kind that have arrived whole, and wait for their answers to begin. */
class InWork {
  readonly #most: number;
  readonly #requests = new Set<IncomingMessage>();
  /** When a crowd began, and when there were as many as there may be for the last time. */
  #fullSince = -Infinity;
  #lastFull = -Infinity;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Whether there have been too many for so long that one more would only make all others wait. */
  isFullFor(milliseconds: number): boolean {
    if (this.size < this.#most) return false;
    const now = performance.now();
    if (now - this.#lastFull > CALM_MS) this.#fullSince = now;
    this.#lastFull = now;
    return now - this.#fullSince >= milliseconds;
  }

  add(request: IncomingMessage): void {
    this.#requests.add(request);
  }

  delete(request: IncomingMessage): void {
    this.#requests.delete(request);
  }
}

/** Counts the requests that wait, and measures the delay of the event loop, to say which requests come too much. */
export class Overload {
  readonly #capacity: Capacity;
  readonly #inWork: Readonly<Record<Kind, InWork>>;
  readonly #waiting = new Set<IncomingMessage>();
  #delayMs = 0;

  constructor(capacity: Capacity) {
    this.#capacity = capacity;
    this.#inWork = { reads: new InWork(capacity.inWork.reads), writes: new InWork(capacity.inWork.writes) };
  }

  /** Measures the delay as long as a server listens. */
  measureFor(server: Server): void {
    const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    const sample = () => {
      this.#delayMs = delays.mean / 1e6 - RESOLUTION_MS;
      delays.reset();
    };
    server.once('listening', () => {
      delays.enable();
      const timer = setInterval(sample, SAMPLE_MS).unref();
      server.once('close', () => {
        clearInterval(timer);
        delays.disable();
      });
    });
  }

  /** Takes a request in. @returns whether the process has too much to do for it */
  enter(request: IncomingMessage, response: ServerResponse): boolean {
    const inWork = this.#inWork[kindOf(request)];
    if (this.#isTooMuch(inWork) && !isHealthCheck(request)) return true;
    this.#waiting.add(request);
    const begin = () => void (this.#waiting.has(request) && inWork.add(request));
    // As long as a body arrives, there is little to do.
    if (hasBody(request)) request.once('end', begin);
    else begin();
    response.once('close', () => this.leave(request));
    return false;
  }

  #isTooMuch(inWork: InWork): boolean {
    const { burstMs, mostWaiting, mostDelayMs } = this.#capacity;
    const waiting = this.#waiting.size;
    return waiting >= mostWaiting || inWork.isFullFor(burstMs) || (waiting >= FEW && this.#delayMs > mostDelayMs);
  }

  /** To be called when the answer to a request begins. How long it then takes is for its client to say. */
  leave(request: IncomingMessage): void {
    this.#waiting.delete(request);
    this.#inWork[kindOf(request)].delete(request);
  }
}
