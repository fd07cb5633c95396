import type { Change } from './change.ts';
import { heartbeat } from './event-stream.ts';
import type { Ring } from './ring.ts';
import type { View } from './view.ts';

/** A reader that takes nothing for so many heartbeats is gone. */
const MOST_MISSED = 4;

type Result = IteratorResult<Buffer, undefined>;

const DONE: Result = { done: true, value: undefined };

/**
 * One client's way through the changes. It has no queue of its own, only a place in a ring that it shares with others:
 * when the ring needs the room of what it has not taken, it is dropped.
 */
export class Reader {
  readonly #view: View;
  readonly #cut: () => void;
  #ring: Ring;
  #place: number;
  /** What comes before that place. */
  #backlog: Change[] = [];
  #waiting: { resolve: (result: Result) => void; reject: (error: unknown) => void } | undefined;
  #missed = 0;
  #isDone = false;

  /** `cut` ends the connection, whatever is on its way. */
  constructor(view: View, ring: Ring, place: number, cut: () => void) {
    this.#view = view;
    this.#ring = ring;
    this.#place = place;
    this.#cut = cut;
  }

  /** The id of the place that it has come to, if nothing of what is there is left for it. */
  get position(): string | undefined {
    const left = [...this.#backlog, ...this.#ring.from(this.#place)];
    return left.some(this.#view) ? undefined : this.#ring.newest?.id;
  }

  /** Whether it should be waited for, if that is possible. */
  get isLate(): boolean {
    return this.#ring.isLate(this.#place);
  }

  /** The next message; waits until there is one. */
  next(): Promise<Result> {
    this.#missed = 0;
    if (this.#isDone) return Promise.resolve(DONE);
    const message = this.#take();
    if (message) return Promise.resolve({ done: false, value: message });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Tells it that its ring has more. */
  wake(): void {
    const message = this.#waiting && this.#take();
    if (message) this.#answer({ done: false, value: message });
    else if (!this.#ring.holds(this.#place)) this.drop();
  }

  /** Keeps the connection open, where there is nothing else to send. */
  beat(): void {
    if (this.#waiting) this.#answer({ done: false, value: heartbeat(this.position) });
    else if ((this.#missed += 1) > MOST_MISSED) this.drop();
  }

  /** Reads on from a place in another ring, after what it has not taken of this one, and something between. */
  moveTo(ring: Ring, place: number, between: readonly Change[] = []): void {
    this.#backlog.push(...this.#ring.from(this.#place), ...between);
    this.#ring = ring;
    this.#place = place;
    this.wake();
  }

  /** Ends the stream as one that is complete; a client connects again. */
  finish(): void {
    this.#isDone = true;
    if (this.#waiting) this.#answer(DONE);
    else this.#cut();
  }

  drop(): void {
    this.#isDone = true;
    this.#cut();
    this.#answer(DONE);
  }

  /** Ends with an error, which is logged. */
  fail(error: unknown): void {
    this.#isDone = true;
    if (this.#waiting) this.#waiting.reject(error);
    else this.#cut();
  }

  #take(): Buffer | undefined {
    for (;;) {
      const change = this.#backlog.shift() ?? this.#ring.at(this.#place++);
      if (!change) break;
      const message = this.#view(change);
      if (message) return message;
    }
    this.#place -= 1;
    return undefined;
  }

  #answer(result: Result): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(result);
  }
}
