import type { EventFilter } from './event-filter.ts';
import type { Ring } from './ring.ts';
import type { RingEntry } from './ring-entry.ts';
import { HEARTBEAT, positionMessage, retryAfterCut, sendAway } from './server-sent-events.ts';

type Result = IteratorResult<Buffer, undefined>;

/**
 * - `waiting`: the client has everything, and the connection asks for the next message.
 * - `sending`: the connection has not asked again since it got a message.
 * - `ended`: nothing more is sent.
 */
type State =
  | { name: 'waiting'; resolve: (result: Result) => void; reject: (error: unknown) => void }
  | { name: 'sending' }
  | { name: 'ended' };

const SENDING: State = { name: 'sending' };
const ENDED: State = { name: 'ended' };
const DONE: Result = { done: true, value: undefined };

interface Options {
  filter: EventFilter;
  ring: Ring;
  /** Where it starts in the ring. */
  offset: number;
  /** The event that the client resumes after, if it does. */
  lastEventId: string | undefined;
  /** Cuts the connection, without waiting until everything is sent. */
  disconnect: () => void;
}

/**
 * One client that reads events. It has no queue of its own, only an offset in a shared ring. If the ring removes an entry
 * that the reader has not taken yet, the reader is dropped; the client reconnects and resumes.
 */
export class Reader {
  readonly #filter: EventFilter;
  readonly #disconnect: () => void;
  #ring: Ring;
  #offset: number;
  /** Entries of an earlier ring, to be read before those of the present one. */
  #backlog: RingEntry[] = [];
  /** The last event ID that the client has; `undefined` while it has none. */
  #lastEventId: string | undefined;
  #state: State = SENDING;

  constructor({ filter, ring, offset, lastEventId, disconnect }: Options) {
    this.#filter = filter;
    this.#ring = ring;
    this.#offset = offset;
    this.#lastEventId = lastEventId;
    this.#disconnect = disconnect;
  }

  /** The first message, which gives the client an id to resume from wherever one is known. */
  begin(): Buffer {
    const id = this.#lastEventId;
    const first = id === undefined ? (this.#takeMessage() ?? this.#newPosition()) : positionMessage(id);
    return Buffer.concat([retryAfterCut(), ...(first ? [first] : [])]);
  }

  /** Whether it has so many entries to take that it may be dropped soon. */
  get isBehind(): boolean {
    return this.#ring.willSoonRemove(this.#offset);
  }

  /** The next message, as soon as there is one. */
  next(): Promise<Result> {
    if (this.#state === ENDED) return Promise.resolve(DONE);
    const message = this.#takeMessage();
    if (message) return Promise.resolve({ done: false, value: message });
    return new Promise((resolve, reject) => {
      this.#state = { name: 'waiting', resolve, reject };
    });
  }

  /** To be called when its ring has a new entry. */
  wake(): void {
    if (this.#state.name === 'waiting')
      this.#send(this.#takeMessage() ?? (this.#lastEventId === undefined ? this.#newPosition() : undefined));
    else if (!this.#ring.holds(this.#offset)) this.drop();
  }

  /** Keeps the connection open. If the filter has left out the latest entries, the client gets their id instead. */
  heartbeat(): void {
    if (this.#state.name === 'waiting') this.#send(this.#newPosition() ?? HEARTBEAT);
  }

  /** Makes it read the rest of its ring, then `gap`, then another ring from an offset on. */
  moveTo(ring: Ring, offset: number, gap: readonly RingEntry[] = []): void {
    this.#backlog.push(...this.#ring.from(this.#offset), ...gap);
    this.#ring = ring;
    this.#offset = offset;
    this.wake();
  }

  /** Ends the stream as a complete one if the client has everything, and says when to come back; else cuts the connection. */
  finish(): void {
    this.#end(({ resolve }) => resolve({ done: false, value: sendAway() }));
  }

  /** Ends the stream with an error, which is then logged. */
  fail(error: unknown): void {
    this.#end(({ reject }) => reject(error));
  }

  /** Cuts the connection. */
  drop(): void {
    this.#disconnect();
    this.#end(({ resolve }) => resolve(DONE));
  }

  #end(answer: (waiting: State & { name: 'waiting' }) => void): void {
    const state = this.#state;
    this.#state = ENDED;
    if (state.name === 'waiting') answer(state);
    else this.#disconnect();
  }

  #send(message: Buffer | undefined): void {
    if (!message || this.#state.name !== 'waiting') return;
    const { resolve } = this.#state;
    this.#state = SENDING;
    resolve({ done: false, value: message });
  }

  /** Takes entries until the filter has a message for one. */
  #takeMessage(): Buffer | undefined {
    for (let entry = this.#takeEntry(); entry; entry = this.#takeEntry()) {
      const message = this.#filter(entry);
      if (!message) continue;
      this.#lastEventId = entry.id ?? this.#lastEventId;
      return message;
    }
    return undefined;
  }

  #takeEntry(): RingEntry | undefined {
    const missed = this.#backlog.shift();
    if (missed) return missed;
    const entry = this.#ring.at(this.#offset);
    if (entry) this.#offset += 1;
    return entry;
  }

  /** The id of the newest entry if the client does not have it; only right when there is no entry left to take. */
  #newPosition(): Buffer | undefined {
    const id = this.#ring.newest?.id;
    if (id === undefined || id === this.#lastEventId) return undefined;
    this.#lastEventId = id;
    return positionMessage(id);
  }
}
