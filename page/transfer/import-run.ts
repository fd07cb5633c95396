import { signal, type ReadonlySignal } from '@preact/signals';
import { Refusal, Unreachable, wordsOf } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { BadRows } from './bad-rows.ts';
import type { Format } from './format.ts';
import { Pieces, type Piece } from './pieces.ts';
import { Later, send, type Report } from './send.ts';

/** What is to be imported, and how. */
export interface Wanted {
  resource: Resource;
  file: File;
  format: Format;
  /** Whether no row is stored unless all can be. */
  isStrict: boolean;
}

/** How far an import is. */
export interface Progress {
  phase: 'running' | 'stopping' | 'ended';
  /** How much of the file was sent, from 0 to 1. */
  sent: number;
  /** How much of it the server has answered, and how long that took. */
  answered: number;
  tookMs: number;
  stored: number;
  rejected: number;
  /** Why it waits. */
  waits?: string | undefined;
  /** Why it ended before the end of the file. */
  failure?: string | undefined;
  /** The rows of which nobody knows whether they are stored. */
  uncertain?: Pick<Piece, 'first' | 'next'> | undefined;
  /** The first row of those that are certainly not stored, because the import ended before them. */
  unsent?: number | undefined;
  /** Whether the server would refuse the rest too. */
  isRefused?: boolean;
}

const [LEAST_BYTES, FIRST_BYTES, MOST_BYTES] = [16_384, 65_536, 8_388_608];
/** A piece takes about this long, so that the page soon knows what is stored, and the quota of imports is not used up. */
const [SHORT_MS, LONG_MS] = [1500, 5000];

/**
 * One import of a file. The file is sent in pieces, so that it is known at any time which rows are stored, also when somebody
 * stops it or the line breaks; all or none is sent as one.
 */
export class ImportRun {
  readonly badRows: BadRows;
  readonly #wanted: Wanted;
  readonly #pieces: Pieces;
  readonly #progress = signal<Progress>({ phase: 'running', sent: 0, answered: 0, tookMs: 0, stored: 0, rejected: 0 });
  #abort = new AbortController();
  #size = FIRST_BYTES;
  #piece: Piece | undefined;
  #ended = Promise.resolve();

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
    this.#pieces = new Pieces(wanted.file, wanted.format);
    this.badRows = new BadRows(this.#pieces, wanted);
  }

  get progress(): ReadonlySignal<Progress> {
    return this.#progress;
  }

  /** Sends all that was not sent yet. */
  async run(): Promise<void> {
    this.#ended = this.#sendAll();
    return this.#ended;
  }

  async #sendAll(): Promise<void> {
    this.#note({ phase: 'running', failure: undefined, uncertain: undefined, unsent: undefined, isRefused: false });
    this.#abort = new AbortController();
    try {
      while (this.#progress.peek().phase === 'running') {
        this.#piece ??= await this.#pieces.next(this.#wanted.isStrict ? Infinity : this.#size);
        if (!this.#piece) break;
        await this.#send(this.#piece);
        this.#piece = undefined;
      }
    } catch (error) {
      this.#fail(error);
    }
    const { phase, failure } = this.#progress.peek();
    const isStopped = phase === 'stopping' || failure !== undefined;
    this.#note({ phase: 'ended', waits: undefined, ...(isStopped && { unsent: await this.#unsent() }) });
  }

  /** Goes on behind the rows of which nobody knows whether they are stored. */
  async skip(): Promise<void> {
    this.#piece = undefined;
    return this.run();
  }

  /** Stops it behind the rows that are under way; the second time at once. @returns when it has ended */
  stop(): Promise<void> {
    const { phase, waits } = this.#progress.peek();
    if (phase === 'stopping' || this.#wanted.isStrict || waits !== undefined) this.#abort.abort();
    if (phase === 'running') this.#note({ phase: 'stopping' });
    return this.#ended;
  }

  /** The first row behind those of which anything may be stored. */
  async #unsent(): Promise<number | undefined> {
    const { uncertain } = this.#progress.peek();
    if (uncertain) return Number.isFinite(uncertain.next) ? uncertain.next : undefined;
    this.#piece ??= await this.#pieces.next(this.#size).catch(() => undefined);
    return this.#piece?.first;
  }

  async #send(piece: Piece): Promise<void> {
    const { resource, file, format, isStrict } = this.#wanted;
    const begun = performance.now();
    const onSent = (fraction: number) =>
      this.#note({ sent: (piece.from + fraction * (piece.to - piece.from)) / file.size });
    for (;;) {
      try {
        const report = await send(resource, piece.body, { format, isStrict, signal: this.#abort.signal, onSent });
        const { stored, rejected } = this.#progress.peek();
        this.#note({ sent: piece.to / file.size, stored: stored + report.inserted, rejected: rejected + report.bad });
        await this.badRows.add(piece, report.rows);
        if (!report.complete) throw new Incomplete(report);
        break;
      } catch (error) {
        if (!(error instanceof Later)) throw error;
        this.#note({ waits: error.message });
        await this.#pause(error.seconds * 1000);
        this.#note({ waits: undefined });
      }
    }
    const took = performance.now() - begun;
    this.#note({ answered: piece.to / file.size, tookMs: this.#progress.peek().tookMs + took });
    if (took < SHORT_MS) this.#size = Math.min(2 * this.#size, MOST_BYTES);
    if (took > LONG_MS) this.#size = Math.max(this.#size / 2, LEAST_BYTES);
  }

  #fail(error: unknown): void {
    const { sent, waits } = this.#progress.peek();
    const isAborted = this.#abort.signal.aborted;
    // All or none are stored only when the server has them all. While it wants to be asked later, it has stored nothing.
    const isUnknown = waits === undefined && (!this.#wanted.isStrict || sent >= 1);
    const isUnanswered = (isAborted || error instanceof Unreachable) && isUnknown;
    const isPartial = error instanceof Incomplete && error.mayBeStored;
    this.#note({
      failure: isAborted ? 'You have stopped it.' : wordsOf(error),
      uncertain: isUnanswered || isPartial ? this.#piece : undefined,
      isRefused: error instanceof Refusal,
    });
  }

  /** @throws {DOMException} if the import is stopped meanwhile */
  #pause(ms: number): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason)), { once: true });
    });
  }

  #note(change: Partial<Progress>): void {
    this.#progress.value = { ...this.#progress.peek(), ...change };
  }
}

/** The server could not go on to the end of what was sent. */
class Incomplete extends Error {
  readonly mayBeStored: boolean;

  constructor({ detail, inserted, uncertain = 0 }: Report) {
    super(detail ?? 'The server broke off.');
    this.mayBeStored = inserted + uncertain > 0;
  }
}
