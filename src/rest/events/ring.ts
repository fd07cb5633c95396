import type { EventLimits } from './limits.ts';
import type { RingEntry } from './ring-entry.ts';

/**
 * The latest entries of one change stream, oldest first. All readers of the change stream read from the same ring. Entries
 * are numbered from 0 in the order in which they came; the number is the entry's offset.
 */
export class Ring {
  readonly #limits: EventLimits['ring'];
  readonly #entries: RingEntry[] = [];
  /** For each id that the ring knows, the offset after its entry. */
  readonly #offsets = new Map<string, number>();
  #firstOffset = 0;
  #bytes = 0;

  constructor(limits: EventLimits['ring']) {
    this.#limits = limits;
  }

  /** The offset that the next entry will have. */
  get nextOffset(): number {
    return this.#firstOffset + this.#entries.length;
  }

  get newest(): RingEntry | undefined {
    return this.#entries.at(-1);
  }

  /** Adds an entry and removes the oldest ones as the limits demand, but never the one just added. */
  push(entry: RingEntry): void {
    this.#entries.push(entry);
    this.#bytes += sizeOf(entry);
    if (entry.id !== undefined) this.#offsets.set(entry.id, this.nextOffset);
    const { entries, bytes } = this.#limits;
    while (this.#entries.length > entries || (this.#bytes > bytes && this.#entries.length > 1)) this.#removeOldest();
  }

  /** The entry at an offset; `undefined` if it has been removed or has not come yet. */
  at(offset: number): RingEntry | undefined {
    return this.#entries[offset - this.#firstOffset];
  }

  /** The entries from an offset on. */
  from(offset: number): RingEntry[] {
    return this.#entries.slice(Math.max(0, offset - this.#firstOffset));
  }

  /** Whether no entry from this offset on has been removed. */
  holds(offset: number): boolean {
    return offset >= this.#firstOffset;
  }

  /** Whether the entry at an offset may be removed soon: the ring is more than half full, and it is in the older half. */
  willSoonRemove(offset: number): boolean {
    const { entries, bytes } = this.#limits;
    const isHalfFull = this.#entries.length > entries / 2 || this.#bytes > bytes / 2;
    return isHalfFull && offset - this.#firstOffset < this.#entries.length / 2;
  }

  /** Where a client reads on that has the event with this id; `undefined` if the ring does not know the id. */
  offsetAfter(id: string): number | undefined {
    return this.#offsets.get(id);
  }

  #removeOldest(): void {
    const oldest = this.#entries.shift();
    if (!oldest) return;
    this.#firstOffset += 1;
    this.#bytes -= sizeOf(oldest);
    // Two entries can have the same id; the later one keeps it.
    if (oldest.id !== undefined && this.#offsets.get(oldest.id) === this.#firstOffset) this.#offsets.delete(oldest.id);
  }
}

const sizeOf = ({ message, unmatched }: RingEntry) => (message?.length ?? 0) + (unmatched?.length ?? 0);
