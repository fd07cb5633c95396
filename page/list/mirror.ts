import { signal, type ReadonlySignal } from '@preact/signals';
import type { Member } from '../client.ts';
import { follow, type Change } from '../live.ts';
import { isPassing } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { readPage } from './ask.ts';
import { orderOf, type Order } from './order.ts';
import { filtersOf, readColumns, toApi } from './query.ts';
import { changed, joined, unmarked, type Row } from './rows.ts';

/** What is known of a list. */
interface Mirrored {
  rows: readonly Row[];
  /** Whether the list goes on behind the rows. */
  hasMore: boolean;
  /** Whether so many rows are here that no more are read. */
  isFull: boolean;
  isReading: boolean;
  /** Whether something was read. */
  isRead: boolean;
  failure: unknown;
  /** How many new members have a place that only the server knows. */
  unplaced: number;
  /** How many changes were marked until now. */
  changes: number;
}

interface Options {
  resource: Resource;
  /** Those of the address. */
  parameters: URLSearchParams;
  /** How many rows reading again must bring. */
  visible: () => number;
  /** What is shown until something is read. */
  before: readonly Row[];
}

/** The first page is short, so that it is shown soon. */
const FIRST_PAGE = 50;
const PAGE = 200;
/** A browser holds as many with ease, and nobody reads so many one by one. */
const MOST_ROWS = 50_000;
/** Changes that come together are shown together. */
const TOGETHER_MS = 40;
const MARKED_MS = 8000;
const GONE_MS = 3000;
/** While the API cannot answer, it is asked again this often. */
const RETRY_MS = 2000;

/**
 * Mirrors a list: reads its pages, and applies the changes to them. What was read before the stream of changes begins is shown, and
 * read again as soon as it has begun: the browser knows it already, so mostly that is a 304. The changes that come while a page is read
 * are applied to it too, so none is missed.
 */
export class Mirror {
  readonly #resource: Resource;
  readonly #asked: URLSearchParams;
  readonly #visible: () => number;
  readonly #order: Order | undefined;
  readonly #columns: readonly string[];
  readonly #hasOwnLimit: boolean;
  readonly #state;
  readonly #end = new AbortController();
  /** The next page. */
  #next: URLSearchParams | undefined;
  /** The last member that was read, if others follow it. */
  #boundary: Member | undefined;
  #reading: AbortController | undefined;
  /** The changes that are not applied yet. Those that come while a page is read are applied to that too. */
  #waiting: Change[] = [];
  /** Whether changes were lost since the reading began, so that there must be another. */
  #isStale = false;
  #lastMark = 0;
  #retry = (): void => this.readAgain();
  /** When it is read without being asked to. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ resource, parameters, visible, before }: Options) {
    this.#resource = resource;
    this.#visible = visible;
    this.#asked = toApi(parameters, resource);
    this.#hasOwnLimit = this.#asked.has('limit');
    if (!this.#hasOwnLimit) this.#asked.set('limit', String(FIRST_PAGE));
    this.#order = orderOf(parameters, resource);
    this.#columns = readColumns(parameters, resource).map(({ name }) => name);
    this.#state = signal<Mirrored>({ ...EMPTY, rows: before });
    follow(resource, filtersOf(parameters, resource), (change) => this.#receive(change), this.#end.signal);
    this.readAgain();
  }

  get state(): ReadonlySignal<Mirrored> {
    return this.#state;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#end.abort();
  }

  /** Reads again what is shown. */
  readonly readAgain = (): void => void this.#read(this.#asked, true);

  /** Reads what could not be read. */
  readonly tryAgain = (): void => this.#retry();

  /** Reads the next page. */
  readOn(): void {
    const { isRead, isFull, failure } = this.#state.peek();
    if (this.#next && isRead && !this.#reading && !isFull && failure === undefined) void this.#read(this.#next, false);
  }

  #set(part: Partial<Mirrored>): void {
    if (!this.#end.signal.aborted) this.#state.value = { ...this.#state.peek(), ...part };
  }

  async #read(from: URLSearchParams, isFirst: boolean): Promise<void> {
    this.#reading?.abort();
    clearTimeout(this.#timer);
    const reading = (this.#reading = new AbortController());
    if (isFirst) {
      this.#waiting = [];
      this.#isStale = false;
    }
    this.#set({ isReading: true, failure: undefined });
    try {
      let read: readonly Row[] = [];
      let next: URLSearchParams | undefined = from;
      const { rows, isRead } = this.#state.peek();
      // The table does not shrink when it is read again.
      const least = Math.max(this.#visible(), isRead ? Math.min(rows.length, FIRST_PAGE + PAGE) : 0);
      do {
        const page = await readPage(this.#resource, next, AbortSignal.any([reading.signal, this.#end.signal]));
        read = joined(read, page.members);
        next = page.next;
        if (!this.#hasOwnLimit) next?.set('limit', String(PAGE));
      } while (next && isFirst && read.length < least);
      this.#reading = undefined;
      this.#took(read, next, isFirst);
    } catch (failure) {
      if (reading.signal.aborted || this.#end.signal.aborted) return;
      this.#reading = undefined;
      this.#set({ isReading: false, failure });
      this.#apply();
      this.#retry = () => void this.#read(from, isFirst);
      if (isPassing(failure)) this.#timer = setTimeout(this.#retry, RETRY_MS);
    }
  }

  #took(read: readonly Row[], next: URLSearchParams | undefined, isFirst: boolean): void {
    this.#next = next;
    this.#boundary = next && read.at(-1)?.member;
    const members = read.map(({ member }) => member);
    const rows = isFirst ? read : joined(this.#state.peek().rows, members);
    this.#set({
      rows,
      hasMore: next !== undefined,
      isFull: rows.length >= MOST_ROWS,
      isReading: false,
      isRead: true,
      ...(isFirst && { unplaced: 0 }),
    });
    if (this.#isStale) return this.readAgain();
    this.#apply();
  }

  #receive(change: Change): void {
    if (change.kind === 'reset') return this.#reading ? void (this.#isStale = true) : this.readAgain();
    if (this.#waiting.push(change) === 1) setTimeout(() => this.#apply(), TOGETHER_MS);
  }

  #apply(): void {
    const changes = this.#waiting;
    if (this.#reading || changes.length === 0) return;
    this.#waiting = [];
    const number = (this.#lastMark += 1);
    const state = this.#state.peek();
    const placing = { order: this.#order, boundary: this.#boundary, columns: this.#columns, number };
    const { rows, marked, unplaced } = changed(state.rows, changes, placing);
    this.#set({ rows, changes: state.changes + marked, unplaced: state.unplaced + unplaced });
    if (marked === 0) return;
    setTimeout(() => this.#set({ rows: unmarked(this.#state.peek().rows, number, true) }), GONE_MS);
    setTimeout(() => this.#set({ rows: unmarked(this.#state.peek().rows, number, false) }), MARKED_MS);
  }
}

const EMPTY: Mirrored = {
  rows: [],
  hasMore: false,
  isFull: false,
  isReading: true,
  isRead: false,
  failure: undefined,
  unplaced: 0,
  changes: 0,
};
