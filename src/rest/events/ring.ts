import type { ChangeEvent } from './change-event.ts';

/** The latest changes of one change stream, in order, each at a numbered place: what all its readers read from. */
export class Ring {
  readonly #most: { entries: number; bytes: number };
  readonly #entries: ChangeEvent[] = [];
  /** Places behind the changes with these ids. */
  readonly #behind = new Map<string, number>();
  #start = 0;
  #bytes = 0;

  constructor(most: { entries: number; bytes: number }) {
    this.#most = most;
  }

  /** The place of the change that comes next. */
  get end(): number {
    return this.#start + this.#entries.length;
  }

  get newest(): ChangeEvent | undefined {
    return this.#entries.at(-1);
  }

  /** Adds a change; the oldest go where there are too many, or they are too large. */
  push(change: ChangeEvent): void {
    this.#entries.push(change);
    this.#bytes += sizeOf(change);
    this.#behind.set(change.id, this.end);
    while (this.#entries.length > this.#most.entries || (this.#bytes > this.#most.bytes && this.#entries.length > 1)) {
      const oldest = this.#entries.shift();
      if (!oldest) return;
      this.#start += 1;
      this.#bytes -= sizeOf(oldest);
      if (this.#behind.get(oldest.id) === this.#start) this.#behind.delete(oldest.id);
    }
  }

  at(place: number): ChangeEvent | undefined {
    return this.#entries[place - this.#start];
  }

  from(place: number): ChangeEvent[] {
    return this.#entries.slice(Math.max(0, place - this.#start));
  }

  /** Whether all changes from this place on are still there. */
  holds(place: number): boolean {
    return place >= this.#start;
  }

  /** Whether a few changes more may push this one out. */
  isLate(place: number): boolean {
    const { entries, bytes } = this.#most;
    const isHalfFull = this.#entries.length > entries / 2 || this.#bytes > bytes / 2;
    return isHalfFull && place - this.#start < this.#entries.length / 2;
  }

  /** The place behind the change with this id; `undefined` if it is not known. */
  behind(id: string): number | undefined {
    return this.#behind.get(id);
  }

  /** Lets nobody resume from the ids that there are. */
  forgetIds(): void {
    this.#behind.clear();
  }
}

const sizeOf = ({ message, unmatched }: ChangeEvent) => (message?.length ?? 0) + (unmatched?.length ?? 0);
