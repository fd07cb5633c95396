import { isUtf8 } from 'node:buffer';
import type { Field } from '../../schema/index.ts';
import { LIMIT_BYTES, parse } from '../http/body.ts';
import { withoutMarkAhead } from '../http/byte-order-mark.ts';
import { Problem, type Flaw } from '../http/problems.ts';
import { escapePointer } from '../http/validation.ts';
import { columnsOf, readCells, type Column } from './columns.ts';
import { parseRecord } from './csv.ts';
import type { Format } from '../http/formats.ts';
import { csvRecords, elements, lines, split, type Piece } from './split.ts';

/** One row of a body: a value, or the flaws because of which it cannot be read. */
export interface Row {
  /** The line on which the row begins, from 1; in a JSON array its index, from 0. */
  place: number;
  value: unknown;
  flaws: Flaw[];
  /** The length of its text; 0 if it cannot be read. */
  bytes: number;
}

/**
 * Reads the rows of a body one by one. Empty lines are skipped.
 * @throws {Problem} 400 if the body cannot be split into rows, 422 if the CSV header does not have the right columns
 */
export function readRows(format: Format, fields: readonly Field[], chunks: AsyncIterable<Buffer>): AsyncGenerator<Row> {
  const text = withoutMarkAhead(chunks);
  if (format === 'csv') return csvRows(fields, split(text, csvRecords()));
  return jsonRows(format, split(text, format === 'json' ? elements() : lines()));
}

async function* jsonRows(format: Format, pieces: AsyncIterable<Piece>): AsyncGenerator<Row> {
  for await (const piece of pieces) {
    if (format === 'json') yield rowOf(piece, piece.index, (bytes) => parse(bytes, 'The element'));
    else if (!isBlank(piece)) yield rowOf(piece, piece.line, (bytes) => parse(bytes, 'The line'));
  }
}

async function* csvRows(fields: readonly Field[], pieces: AsyncIterable<Piece>): AsyncGenerator<Row> {
  const known = columnsOf(fields);
  let columns: readonly Column[] | undefined;
  for await (const piece of pieces) {
    if (isBlank(piece)) continue;
    if (columns) {
      const given = columns;
      yield rowOf(piece, piece.line, (bytes) => readCells(given, readRecord(bytes, given.length)));
    } else columns = readHeader(piece, known);
  }
}

/** Whether a line is empty. */
const isBlank = ({ bytes }: Piece) => bytes !== undefined && bytes.length < 3 && bytes.toString().trim() === '';

function rowOf({ bytes }: Piece, place: number, read: (bytes: Buffer) => unknown): Row {
  if (!bytes) return { place, value: undefined, flaws: [tooLong], bytes: 0 };
  try {
    return { place, value: read(bytes), flaws: [], bytes: bytes.length };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const flaws =
      error.flaws.length > 0 ? [...error.flaws] : [{ pointer: '', keyword: 'format', detail: error.message }];
    return { place, value: undefined, flaws, bytes: 0 };
  }
}

const tooLong: Flaw = { pointer: '', keyword: 'maxLength', detail: `is longer than ${LIMIT_BYTES} bytes` };

function readRecord(bytes: Buffer, count: number): string[] {
  if (!isUtf8(bytes)) throw new Problem(400, 'The record is not UTF-8.');
  const cells = parseRecord(bytes.toString().replace(/\r$/, ''));
  if (!cells) throw new Problem(400, 'The record has a quote that is not closed, or where CSV allows none (RFC 4180).');
  if (cells.length !== count)
    throw new Problem(400, `The record has ${cells.length} cells, but the header has ${count}.`);
  return cells;
}

/** The columns in the order of the file. @throws {Problem} 422 for names that are unknown, repeated or missing */
function readHeader({ bytes = Buffer.alloc(0) }: Piece, known: readonly Column[]): Column[] {
  const names = isUtf8(bytes) ? parseRecord(bytes.toString().replace(/\r$/, '')) : undefined;
  if (!names)
    throw new Problem(
      422,
      'The first line is not a CSV header. It must be a line of CSV in UTF-8, of at most 100 KiB.',
    );
  const byName = new Map(known.map((column) => [column.name, column]));
  const pointer = (name: string) => `/${escapePointer(name).replaceAll('.', '/')}`;
  const list = known.map(({ name }) => name).join(', ');
  const flaws: Flaw[] = [];
  for (const [place, name] of names.entries())
    if (!byName.has(name))
      flaws.push({
        pointer: pointer(name),
        keyword: 'additionalProperties',
        detail: `is not a field; the fields are ${list}`,
      });
    else if (names.indexOf(name) < place)
      flaws.push({ pointer: pointer(name), keyword: 'uniqueItems', detail: 'must be named only once' });
  for (const { name, required } of known)
    if (required && !names.includes(name))
      flaws.push({ pointer: pointer(name), keyword: 'required', detail: 'is required' });
  if (flaws.length > 0)
    throw new Problem(
      422,
      'The CSV header does not have the right columns, so nothing was stored.',
      flaws.slice(0, 100),
    );
  return names.flatMap((name) => byName.get(name) ?? []);
}
