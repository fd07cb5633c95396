import { isDeepStrictEqual } from 'node:util';
import { ObjectId, type Document } from 'mongodb';
import { NUMBER, isExact, type Field } from '../../schema/index.ts';
import { parse } from '../http/body.ts';
import { inexact } from '../http/exact-numbers.ts';
import { Problem, type Flaw } from '../http/problems.ts';
import { escapePointer, type Valid } from '../http/validation.ts';
import { valueAt } from '../../document.ts';

/** One column of a CSV file: a field, or a field of an object that every document has. */
export interface Column {
  /** The name in the header: `id`, `size.width`. */
  name: string;
  path: readonly string[];
  required: boolean;
  /** The JSON value that a cell stands for. A cell that stands for none stays a text, so that the schema refuses it. */
  read: (cell: string) => unknown;
}

/** The columns of a resource's documents, the id first. */
export const columnsOf = (fields: readonly Field[]): Column[] => [
  { name: 'id', path: ['id'], required: false, read: unguarded },
  ...within(fields, []),
];

function within(fields: readonly Field[], outer: readonly string[]): Column[] {
  return fields.flatMap((field) => {
    const path = [...outer, field.name];
    // If an object may be absent, or has a default with fields, empty cells would not say whether it is there and empty.
    const isAlwaysThere = field.default === undefined ? field.required : isDeepStrictEqual(field.default, {});
    if (field.type === 'Object' && isAlwaysThere) return within(field.fields, path);
    const required = field.required && !field.managed && field.default === undefined;
    return [{ name: path.join('.'), path, required, read: reader(field) }];
  });
}

function reader({ type }: Field): Column['read'] {
  switch (type) {
    case 'Int32':
    case 'Number':
    case 'Double':
      return readNumber;
    case 'Boolean':
      // Spreadsheets write TRUE and FALSE.
      return (cell) => (/^(true|false)$/i.test(cell) ? cell.toLowerCase() === 'true' : cell);
    case 'Object':
    case 'Array':
      return (cell) => parse(Buffer.from(cell), 'The cell');
    default:
      return unguarded;
  }
}

function readNumber(cell: string): unknown {
  if (!NUMBER.test(cell)) return cell;
  if (!isExact(cell)) throw new Problem(422, 'A number cannot be stored exactly.', [{ pointer: '', ...inexact(cell) }]);
  return Number(cell);
}

/**
 * The JSON object that a row's cells stand for. If a cell is empty, its field is absent.
 * @throws {Problem} 422 with the pointer of each cell that cannot be read
 */
export function readCells(columns: readonly Column[], cells: readonly string[]): Valid {
  const row: Record<string, unknown> = {};
  const flaws: Flaw[] = [];
  for (const [place, { path, read }] of columns.entries()) {
    const cell = cells[place] ?? '';
    let inner = row;
    for (const name of path.slice(0, -1)) {
      const next = inner[name] ?? {};
      inner[name] = next;
      inner = Object(next);
    }
    try {
      if (cell !== '') inner[path.at(-1) ?? ''] = read(cell);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const cellFlaws = error.flaws.length > 0 ? error.flaws : [{ keyword: 'format', detail: error.message }];
      const above = path.map((name) => `/${escapePointer(name)}`).join('');
      flaws.push(...cellFlaws.map(({ pointer = '', ...flaw }) => ({ pointer: above + pointer, ...flaw })));
    }
  }
  if (flaws.length > 0) throw new Problem(422, 'Some cells of the row cannot be read.', flaws);
  return row;
}

/** The cells of a document. @param shown its representation */
export const writeCells = (columns: readonly Column[], shown: Document): string[] =>
  columns.map(({ path }) => cellOf(valueAt(shown, path.join('.'))));

/** The cell of a JSON value. A text that a spreadsheet would take for a formula is changed. */
export function cellOf(value: unknown): string {
  if (typeof value === 'string') return guarded(value);
  if (value === null || value === undefined) return '';
  const text = JSON.stringify(value);
  return value instanceof Date || value instanceof ObjectId ? text.replaceAll('"', '') : text;
}

/**
 * Puts an apostrophe before a text that a spreadsheet would take for a formula (OWASP, "CSV Injection").
 * A text that begins with an apostrophe, or is empty, gets one too, so that every text can be read back.
 */
const guarded = (text: string): string => (/^(?:$|['=+\-@\t\r\n＝＋－＠])/.test(text) ? `'${text}` : text);

const unguarded = (cell: string): string => (cell.startsWith("'") ? cell.slice(1) : cell);
