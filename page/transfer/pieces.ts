import type { Format } from './format.ts';
import { scannerFor, type Scanner } from './scanner.ts';

/** A part of a file that is a whole file in itself, of whole records. */
export interface Piece {
  /** The place in the file, in bytes. */
  from: number;
  to: number;
  body: Blob;
  /** What must be added to the place of a row in the body, so that it is the place in the file. */
  shift: number;
  /** The place in the file of the first row, and the first one behind the piece. */
  first: number;
  next: number;
}

/** Where a record is, in bytes and in records or lines. */
interface Found {
  start: number;
  end: number;
  /** The byte behind its separator. */
  next: number;
  line: number;
  nextLine: number;
  index: number;
  isBlank: boolean;
}

const BLOCK = 1_048_576;
const LF = 0x0a;
const COMMA = 0x2c;
const SPACE = 0x20;
const MARK = [0xef, 0xbb, 0xbf];

/** Cuts a file into pieces, so that each can be sent and answered by itself. Places are lines, from 1; in a JSON array indexes, from 0. */
export class Pieces {
  readonly #file: File;
  readonly #format: Format;
  #header = new Blob();
  #headerLines = 0;
  #at = 0;
  #place: number;

  constructor(file: File, format: Format) {
    this.#file = file;
    this.#format = format;
    this.#place = format === 'json' ? 0 : 1;
  }

  /** The next piece, of about this size; undefined behind the last. @throws {DOMException} if the file cannot be read */
  async next(size: number): Promise<Piece | undefined> {
    const from = this.#at;
    if (from >= this.#file.size) return undefined;
    let to = this.#file.size;
    let next = Infinity;
    let needsHeader = from === 0 && this.#format === 'csv';
    await this.#walk(from, to, (found, separator) => {
      if (needsHeader) {
        needsHeader = found.isBlank; // empty lines may come before it
        if (needsHeader) return false;
        this.#header = this.#file.slice(0, found.next);
        this.#headerLines = found.nextLine - 1;
        return false;
      }
      if (found.next - from < size || (this.#format === 'json' && separator !== COMMA)) return false;
      to = found.next;
      next = this.#format === 'json' ? this.#place + found.index + 1 : this.#place + found.nextLine - 1;
      return true;
    });
    const piece = { from, to, first: this.#place, next, ...this.#bodyOf(from, to) };
    this.#at = to;
    this.#place = next;
    return piece;
  }

  #bodyOf(from: number, to: number): { body: Blob; shift: number } {
    const isWhole = from === 0 && to === this.#file.size;
    if (isWhole || (from === 0 && this.#format !== 'json')) return { body: this.#file.slice(from, to), shift: 0 };
    if (this.#format === 'ndjson') return { body: this.#file.slice(from, to), shift: this.#place - 1 };
    if (this.#format === 'csv')
      return {
        body: new Blob([this.#header, this.#file.slice(from, to)]),
        shift: this.#place - 1 - this.#headerLines,
      };
    const isLast = to === this.#file.size;
    const elements = this.#file.slice(from, isLast ? to : to - 1);
    return { body: new Blob([from === 0 ? '' : '[', elements, isLast ? '' : ']']), shift: this.#place };
  }

  /** The records at these places of a piece, as they are in the file. */
  async recordsAt(
    { from, to, first }: Pick<Piece, 'from' | 'to' | 'first'>,
    places: ReadonlySet<number>,
  ): Promise<Blob[]> {
    const found: Blob[] = [];
    await this.#walk(from, to, ({ start, end, line, index }) => {
      const place = this.#format === 'json' ? first + index : first + line - 1;
      if (places.has(place)) found.push(this.#file.slice(start, end));
      return false;
    });
    return found;
  }

  /** A file of such records. */
  fileOf(records: readonly Blob[]): Blob {
    if (this.#format !== 'json') {
      const lines = records.flatMap((record) => [record, '\n']);
      return new Blob(this.#format === 'csv' ? [this.#header, ...lines] : lines);
    }
    return new Blob(['[', ...records.flatMap((record, index) => (index === 0 ? [record] : [',\n', record])), ']\n']);
  }

  /** Calls `onRecord` with each record of a part of the file until it returns true. Lines and indexes count from there. */
  async #walk(from: number, to: number, onRecord: (found: Found, separator: number) => boolean): Promise<void> {
    const scan: Scanner = scannerFor(this.#format, from === 0 ? 'beginning' : 'record');
    let [start, line, lines, index, ink] = [from, 1, 1, 0, 0];
    const record = (end: number, next: number): Found => {
      const isBlank = ink === 0 && end - start < 3;
      return { start, end, next, line, nextLine: lines, index, isBlank };
    };
    for (let at = from; at < to; at += BLOCK) {
      const block = new Uint8Array(await this.#file.slice(at, Math.min(at + BLOCK, to)).arrayBuffer());
      const mark = at === 0 && MARK.every((byte, place) => block[place] === byte) ? MARK.length : 0;
      if (at === 0) start = mark;
      for (let place = mark; place < block.length; place += 1) {
        const byte = block[place] ?? 0;
        if (byte === LF) lines += 1;
        if (byte > SPACE) ink += 1;
        const role = scan(byte);
        if (role === 'inside') continue;
        const next = at + place + 1;
        if (role === 'end') {
          if (onRecord(record(next - 1, next), byte)) return;
          index += 1;
          line = lines;
          ink = 0;
        }
        start = next;
      }
    }
    if (start < to) onRecord(record(to, to), 0);
  }
}
