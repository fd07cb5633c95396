import type { Format } from './format.ts';

/** What a byte is: part of a record, between records, or the end of one. */
type Role = 'inside' | 'outside' | 'end';

/** Finds where the records of a file end, as the API does. It is given each byte in turn. */
export type Scanner = (byte: number) => Role;

const [LF, SPACE, CR, TAB] = [0x0a, 0x20, 0x0d, 0x09];
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

const lines = (): Scanner => (byte) => (byte === LF ? 'end' : 'inside');

/** A record of CSV ends at a line break that is not within quotes (RFC 4180, section 2). */
function records(): Scanner {
  let place: 'start of a cell' | 'bare' | 'quoted' | 'behind a quote' = 'start of a cell';
  return (byte) => {
    if (place === 'quoted') {
      if (byte === QUOTE) place = 'behind a quote';
      return 'inside';
    }
    if (byte === QUOTE) place = place === 'bare' ? 'bare' : 'quoted';
    else place = byte === LF || byte === COMMA ? 'start of a cell' : 'bare';
    return byte === LF ? 'end' : 'inside';
  };
}

/** An element of a JSON array ends at a comma of the array, or at the end of the array. */
function elements(): Scanner {
  let depth = 0;
  let place: 'outside' | 'element' | 'string' | 'escape' = 'outside';
  return (byte) => {
    if (place === 'escape' || place === 'string') {
      if (place === 'escape') place = 'string';
      else if (byte === BACKSLASH) place = 'escape';
      else if (byte === QUOTE) place = 'element';
      return 'inside';
    }
    if (byte === SPACE || byte === LF || byte === CR || byte === TAB) return place === 'element' ? 'inside' : 'outside';
    if (depth === 0 && byte === OPEN_ARRAY) {
      depth = 1;
      return 'outside';
    }
    if (depth === 1 && (byte === COMMA || byte === CLOSE_ARRAY)) {
      const isEmptyEnd = byte === CLOSE_ARRAY && place === 'outside';
      place = 'outside';
      return isEmptyEnd ? 'outside' : 'end';
    }
    if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1;
    if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
    place = byte === QUOTE ? 'string' : 'element';
    return 'inside';
  };
}

/** A scanner for a file of this format, from its beginning or from a record on. */
export function scannerFor(format: Format, from: 'beginning' | 'record'): Scanner {
  if (format === 'ndjson') return lines();
  if (format === 'csv') return records();
  const scan = elements();
  if (from === 'record') scan(OPEN_ARRAY);
  return scan;
}
