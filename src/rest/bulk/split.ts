import { LIMIT_BYTES } from '../http/body.ts';
import { Problem } from '../http/problems.ts';

/** One record of a body. */
export interface Piece {
  /** The line on which it begins, from 1. */
  line: number;
  /** The index of the record in the body, from 0. */
  index: number;
  /** The record without its separator; `undefined` if it is too long. */
  bytes: Buffer | undefined;
}

/** Finds where records end. It is given each byte of a body in turn. */
export interface Scanner {
  scan: (byte: number) => 'inside' | 'outside' | 'end';
  /** Called at the end of the body. @throws {Problem} 400 if the body cannot end there */
  finish: () => void;
}

const [LF, SPACE, CR, TAB] = [0x0a, 0x20, 0x0d, 0x09];
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Splits a body of any length into its records. It keeps one record in memory at a time, and none that is too long. */
export async function* split(chunks: AsyncIterable<Buffer>, { scan, finish }: Scanner): AsyncGenerator<Piece> {
  let parts: Buffer[] = [];
  let size = 0;
  let index = 0;
  let lines = 1;
  let line = 1;
  const take = (part: Buffer) => {
    size += part.length;
    if (size > LIMIT_BYTES) parts = [];
    else if (part.length > 0) parts.push(part);
  };
  const complete = (): Piece => {
    const bytes = size > LIMIT_BYTES ? undefined : Buffer.concat(parts);
    const piece = { line, index, bytes };
    parts = [];
    size = 0;
    index += 1;
    line = lines;
    return piece;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === LF) lines += 1;
      const role = scan(byte);
      if (role === 'inside') continue;
      if (role === 'end') {
        take(chunk.subarray(start, at));
        yield complete();
      }
      start = at + 1;
    }
    take(chunk.subarray(start));
  }
  finish();
  if (size > 0) yield complete();
}

/** NDJSON: every line is a record. */
export const lines = (): Scanner => ({ scan: (byte) => (byte === LF ? 'end' : 'inside'), finish() {} });

/** CSV: a record ends at a line break that is not within quotes (RFC 4180, section 2). */
export function csvRecords(): Scanner {
  let place: 'start of a cell' | 'bare' | 'quoted' | 'behind a quote' = 'start of a cell';
  return {
    scan(byte) {
      if (place === 'quoted') {
        if (byte === QUOTE) place = 'behind a quote';
        return 'inside';
      }
      if (byte === QUOTE) place = place === 'bare' ? 'bare' : 'quoted';
      else place = byte === LF || byte === COMMA ? 'start of a cell' : 'bare';
      return byte === LF ? 'end' : 'inside';
    },
    finish() {},
  };
}

/** A JSON array: every element is a record. The elements themselves are not checked here. */
export function elements(): Scanner {
  let depth = 0;
  let place: 'before' | 'between' | 'element' | 'string' | 'escape' | 'behind' = 'before';
  let hasComma = false;
  const broken = () => new Problem(400, 'The body is not a JSON array (RFC 8259): its brackets or commas are wrong.');
  return {
    scan(byte) {
      if (place === 'string' || place === 'escape') {
        if (place === 'escape') place = 'string';
        else if (byte === BACKSLASH) place = 'escape';
        else if (byte === QUOTE) place = 'element';
        return 'inside';
      }
      if (place !== 'element' && (byte === SPACE || byte === LF || byte === CR || byte === TAB)) return 'outside';
      if (place === 'behind' || (place === 'before' && byte !== OPEN_ARRAY)) throw broken();
      if (place === 'before') {
        depth = 1;
        place = 'between';
        return 'outside';
      }
      if (depth === 1 && byte === COMMA) {
        hasComma = true;
        place = 'between';
        return 'end';
      }
      if (depth === 1 && byte === CLOSE_ARRAY) {
        const isEmpty = place === 'between' && !hasComma;
        place = 'behind';
        return isEmpty ? 'outside' : 'end';
      }
      if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1;
      if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
      if (depth === 0) throw broken();
      place = byte === QUOTE ? 'string' : 'element';
      return 'inside';
    },
    finish() {
      if (place !== 'behind')
        throw new Problem(400, 'The JSON array is not closed, so the end of the body may be missing.');
    },
  };
}
