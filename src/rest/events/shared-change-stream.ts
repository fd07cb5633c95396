import { setTimeout as sleep } from 'node:timers/promises';
import { measures } from '../http/measures.ts';
import { unavailable } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import type { Opened } from './change-stream.ts';
import { follow, type StreamNotification } from './follow.ts';
import type { EventLimits } from './limits.ts';
import type { Reader } from './reader.ts';
import { Ring } from './ring.ts';
import { resetEntry, toRingEntry, type RingEntry } from './ring-entry.ts';

/**
 * - `opening`: the server has not opened it yet.
 * - `catching up`: it started in the past, and has met no other one since.
 * - `live`: it reads changes as they happen.
 * - `closed`: it has failed, has lost its last reader, or has handed its readers over.
 */
type State = 'opening' | 'catching up' | 'live' | 'closed';

interface Options {
  resource: Resource;
  limits: EventLimits;
  /** All change streams of the resource that are not closed. */
  all: Set<SharedChangeStream>;
  /** The event to resume after; without it, the stream starts at the present. */
  lastEventId: string | undefined;
}

/** While it catches up, each change waits for slow readers, at most MAX_WAITS times WAIT_MS. */
const MAX_WAITS = 250;
const WAIT_MS = 20;

/**
 * A change stream of MongoDB, the ring of its latest changes, and the readers that share them. One that comes to a change
 * which is in another one's ring hands its readers over to that one and closes: wherever readers started, few are left.
 */
export class SharedChangeStream {
  readonly ring: Ring;
  readonly readers = new Set<Reader>();
  /** Resolves when the server has opened the change stream; rejects if it does not. */
  readonly opened: Promise<void>;
  readonly #all: Set<SharedChangeStream>;
  readonly #startsAtPresent: boolean;
  readonly #closing = new AbortController();
  #state: State = 'opening';
  #position: Opened['position'] | undefined;
  #changedAt = Date.now();

  constructor({ resource: { collection, show }, limits, all, lastEventId }: Options) {
    this.ring = new Ring(limits.ring);
    this.#all = all.add(this);
    this.#startsAtPresent = lastEventId === undefined;
    if (lastEventId !== undefined) this.ring.push({ id: lastEventId });
    const { signal } = this.#closing;
    const notifications = follow({ collection, lastEventId, patienceMs: limits.patienceMs, signal });
    this.opened = new Promise((resolve, reject) => {
      this.#read(notifications, show, resolve).catch((error: unknown) => {
        reject(error);
        this.#fail(error);
      });
    });
    this.opened.catch(() => {}); // it may reject when nobody waits for it any more
  }

  /** Where a reader starts in the ring; `undefined` if this change stream does not have what the reader is to get. */
  offsetFor(lastEventId: string | undefined): number | undefined {
    if (lastEventId !== undefined) return this.ring.offsetAfter(lastEventId);
    const isAtPresent = this.#state === 'live' || (this.#state === 'opening' && this.#startsAtPresent);
    return isAtPresent ? this.ring.nextOffset : undefined;
  }

  /** After a long silence, adds the position that the change stream has come to, for readers to resume from. */
  addPosition(silenceMs: number): void {
    if (!this.#position || Date.now() - this.#changedAt < silenceMs) return;
    const id = this.#position();
    if (id !== this.ring.newest?.id) this.#add({ id });
  }

  close(): void {
    this.#state = 'closed';
    this.#all.delete(this);
    this.#closing.abort();
  }

  async #read(
    notifications: AsyncIterable<StreamNotification>,
    show: Resource['show'],
    onOpened: () => void,
  ): Promise<never> {
    for await (const notification of notifications) {
      if (notification.kind === 'changed') {
        noteLag(notification.event);
        this.#add(toRingEntry(notification.event, show));
      } else this.#onOpened(notification);
      onOpened();
      await this.#waitForSlowReaders();
    }
    throw unavailable('The stream of events was closed. Connect again.');
  }

  #onOpened({ id, isAnew, position }: StreamNotification & { kind: 'opened' }): void {
    this.#position = position;
    if (isAnew) this.#startAnew(id);
    else if (this.#state === 'opening') {
      this.#state = this.#startsAtPresent ? 'live' : 'catching up';
      if (this.#startsAtPresent && id !== undefined) this.ring.push({ id });
    }
  }

  /** The readers have missed changes. They get a reset, and go on with the changes from now on. */
  #startAnew(id: string | undefined): void {
    const live = [...this.#all].find((other) => other !== this && other.#state === 'live');
    if (live) return this.#handOver(live, live.ring.nextOffset, [resetEntry(live.ring.newest?.id)]);
    this.#state = 'live';
    this.#add(resetEntry(id));
  }

  #add(entry: RingEntry): void {
    this.ring.push(entry);
    this.#changedAt = Date.now();
    for (const reader of this.readers) reader.wake();
    if (entry.id === undefined) return;
    for (const other of this.#all) {
      const offset = other === this || other.#state === 'opening' ? undefined : other.ring.offsetAfter(entry.id);
      if (offset !== undefined) return this.#handOver(other, offset);
    }
  }

  #handOver(other: SharedChangeStream, offset: number, gap: readonly RingEntry[] = []): void {
    if (this.#state === 'live') other.#state = 'live';
    for (const reader of this.readers) {
      other.readers.add(reader);
      reader.moveTo(other.ring, offset, gap);
    }
    this.readers.clear();
    this.close();
  }

  /** Past changes can wait for those who read them; changes that happen now cannot. */
  async #waitForSlowReaders(): Promise<void> {
    const mustWait = () => this.#state === 'catching up' && [...this.readers].some((reader) => reader.isBehind);
    for (let waits = 0; waits < MAX_WAITS && mustWait(); waits += 1) await sleep(WAIT_MS);
  }

  #fail(error: unknown): void {
    const wasOpening = this.#state === 'opening';
    this.close();
    if (wasOpening) return; // the readers wait for `opened`, which rejects
    const [first, ...rest] = this.readers;
    first?.fail(error); // only one, so that the log has the error once
    for (const reader of rest) reader.drop();
  }
}

/** Servers since MongoDB 6.0 say when they made a change. */
function noteLag(event: object): void {
  if ('wallTime' in event && event.wallTime instanceof Date)
    measures.changeStreamLagMs = Math.max(0, Date.now() - event.wallTime.getTime());
}
