import { setTimeout as sleep } from 'node:timers/promises';
import { unavailable } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { readChangeEvent, reset, type ChangeEvent } from './change-event.ts';
import { follow, type Opening } from './follow.ts';
import type { EventLimits } from './limits.ts';
import type { Reader } from './reader.ts';
import { toId, toToken } from './resume-token.ts';
import { Ring } from './ring.ts';

interface Options {
  resource: Resource;
  limits: EventLimits;
  /** All that follow this collection; one that is closed is not among them. */
  feeds: Set<Feed>;
  /** The event to begin behind; without it, the present. */
  id: string | undefined;
}

/** How often, and how long each time, those who catch up are waited for before the next change. */
const MOST_WAITS = 250;
const WAIT_MS = 20;

/**
 * A change stream with its latest changes and those who read them. One that comes to a change which another has already
 * hands its readers over and closes, so that few are left, wherever their readers began.
 */
export class Feed {
  readonly ring: Ring;
  readonly readers = new Set<Reader>();
  /** Settles when the server has opened the change stream, or has not. */
  readonly opened: Promise<void>;
  readonly #feeds: Set<Feed>;
  readonly #closing = new AbortController();
  #isOpen = false;
  #isLive: boolean;
  #position: Opening['position'] = () => undefined;
  #changedAt = Date.now();

  constructor({ resource: { collection, show }, limits, feeds, id }: Options) {
    this.ring = new Ring(limits.ring);
    if (id !== undefined) this.ring.push({ id });
    this.#isLive = id === undefined;
    this.#feeds = feeds.add(this);
    const from = id === undefined ? undefined : toToken(id);
    const steps = follow({ collection, from, patienceMs: limits.patienceMs, signal: this.#closing.signal });
    this.opened = new Promise((resolve, reject) => {
      const run = async () => {
        for await (const step of steps) {
          if (step.opened) this.#open(step);
          else this.#add(readChangeEvent(step.change, show));
          resolve();
          await this.#room();
        }
        throw unavailable('The stream of events was closed. Try again.');
      };
      run().catch((error: unknown) => {
        reject(error);
        this.#fail(error);
      });
    });
    this.opened.catch(() => {}); // it may fail when nobody waits for it any more
  }

  /** Whether one who asks for the present can read from it. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Where one reads on who has the event with this id; without one, where the next change will be. */
  placeBehind(id: string | undefined): number {
    return (id === undefined ? undefined : this.ring.behind(id)) ?? this.ring.end;
  }

  /** Tells a place of late, so that who resumes there need not go back to the last change. */
  mark(silenceMs: number): void {
    if (!this.#isOpen || Date.now() - this.#changedAt < silenceMs) return;
    const token = this.#position();
    if (token !== undefined && toId(token) !== this.ring.newest?.id) this.#add({ id: toId(token) });
  }

  close(): void {
    this.#feeds.delete(this);
    this.#closing.abort();
  }

  #open({ token, isNew, position }: Opening): void {
    this.#position = position;
    const id = token === undefined ? undefined : toId(token);
    if (isNew) this.#begin(id);
    else if (!this.#isOpen && id !== undefined && this.ring.end === 0) this.ring.push({ id });
    this.#isOpen = true;
  }

  /** Begins anew: those who read it have missed something. */
  #begin(id: string | undefined): void {
    this.ring.forgetIds();
    const other = [...this.#feeds].find((feed) => feed !== this && feed.#isOpen && feed.#isLive);
    if (other) return this.#handOver(other, other.ring.end, [reset(other.ring.newest?.id)]);
    this.#isLive = true;
    this.#add(reset(id));
  }

  #add(change: ChangeEvent): void {
    this.ring.push(change);
    this.#changedAt = Date.now();
    for (const reader of this.readers) reader.wake();
    for (const other of this.#feeds) {
      const place = other === this || !other.#isOpen ? undefined : other.ring.behind(change.id);
      if (place !== undefined) return this.#handOver(other, place);
    }
  }

  #handOver(other: Feed, place: number, between: readonly ChangeEvent[] = []): void {
    other.#isLive ||= this.#isLive;
    for (const reader of this.readers) {
      other.readers.add(reader);
      reader.moveTo(other.ring, place, between);
    }
    this.readers.clear();
    this.close();
  }

  /** The past can wait for those who read it, the present cannot. */
  async #room(): Promise<void> {
    const isLate = () => !this.#isLive && [...this.readers].some((reader) => reader.isLate);
    for (let waits = 0; waits < MOST_WAITS && isLate(); waits += 1) await sleep(WAIT_MS);
  }

  #fail(error: unknown): void {
    this.close();
    // Those who wait for the opening are told by that.
    if (!this.#isOpen) return;
    const [one, ...others] = this.readers;
    one?.fail(error);
    for (const reader of others) reader.drop();
  }
}
