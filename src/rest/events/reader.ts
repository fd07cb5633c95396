import type { ChangeEvent } from './change-event.ts';
import { HEARTBEAT, positionMessage, RETRY } from './event-stream.ts';
import type { Ring } from './ring.ts';
import type { View } from './view.ts';

/** A reader that takes nothing for so many heartbeats is gone. */
const MOST_MISSED = 4;

type Result = IteratorResult<Buffer, undefined>;

const NOTHING = Buffer.alloc(0);
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
  #backlog: ChangeEvent[] = [];
  /** The id that the client has, if any. */
  #told: string | undefined;
  #waiting: { resolve: (result: Result) => void; reject: (error: unknown) => void } | undefined;
  #missed = 0;
  #isDone = false;

  /** `id`: what it resumes behind. `cut` ends the connection, whatever is on its way. */
  constructor(view: View, ring: Ring, place: number, id: string | undefined, cut: () => void) {
    this.#told = id;
    this.#view = view;
    this.#ring = ring;
    this.#place = place;
    this.#cut = cut;
  }

  /** What a stream begins with: the place behind which its events are, so that the client can come back to it. */
  begin(): Buffer {
    return Buffer.concat([RETRY, this.#told === undefined ? (this.#move() ?? NOTHING) : positionMessage(this.#told)]);
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
    // A client that knows no place yet is told the first one.
    const message = this.#waiting && (this.#take() ?? (this.#told === undefined ? this.#move() : undefined));
    if (message) this.#answer({ done: false, value: message });
    else if (!this.#ring.holds(this.#place)) this.drop();
  }

  /** Keeps the connection open, where there is nothing else to send, and tells a place that lies behind the last event. */
  beat(): void {
    if (this.#waiting) this.#answer({ done: false, value: this.#move() ?? HEARTBEAT });
    else if ((this.#missed += 1) > MOST_MISSED) this.drop();
  }

  /** Reads on from a place in another ring, after what it has not taken of this one, and something between. */
  moveTo(ring: Ring, place: number, between: readonly ChangeEvent[] = []): void {
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
      if (!message) continue;
      if (change.id !== '') this.#told = change.id;
      return message;
    }
    this.#place -= 1;
    return undefined;
  }

  /** Tells the place that it has come to, if that is new and nothing of what is there is left for it. */
  #move(): Buffer | undefined {
    const id = this.#ring.newest?.id ?? '';
    if (id === '' || id === this.#told) return undefined;
    if ([...this.#backlog, ...this.#ring.from(this.#place)].some(this.#view)) return undefined;
    this.#told = id;
    return positionMessage(id);
  }

  #answer(result: Result): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(result);
  }
}
