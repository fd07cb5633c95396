import { isDeepStrictEqual } from 'node:util';
import { ObjectId, type Document } from 'mongodb';
import { NUMBER, isExact, type Field } from '../../schema/index.ts';
import { parse } from '../http/body.ts';
import { inexact } from '../http/exact-numbers.ts';
import { Problem, type Flaw } from '../http/problems.ts';
import { escapePointer, type Valid } from '../http/validation.ts';
import { valueAt } from '../../document.ts';

/** One column of a CSV file: a field, or one of an object that is always there. */
export interface Column {
  /** As the header has it: `id`, `size.width`. */
  name: string;
  path: readonly string[];
  required: boolean;
  /** The JSON value that a cell stands for; what stands for none stays a text, for the schema to refuse. */
  read: (cell: string) => unknown;
}

/** The columns of documents, the id first. */
export const columnsOf = (fields: readonly Field[]): Column[] => [
  { name: 'id', path: ['id'], required: false, read: unguarded },
  ...within(fields, []),
];

function within(fields: readonly Field[], outer: readonly string[]): Column[] {
  return fields.flatMap((field) => {
    const path = [...outer, field.name];
    // Of an object that may be absent, or has more by default, cells could not tell whether it is there and empty.
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
      // Spreadsheets write them in capitals.
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
  if (!isExact(cell))
    throw new Problem(422, 'A number would be stored as another.', [{ pointer: '', ...inexact(cell) }]);
  return Number(cell);
}

/**
 * The JSON object that a row's cells stand for. An empty cell stands for nothing: its field is absent.
 * @throws {Problem} 422 for cells that cannot be read, by the pointers of their values
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
      const own = error.flaws.length > 0 ? error.flaws : [{ keyword: 'format', detail: error.message }];
      const above = path.map((name) => `/${escapePointer(name)}`).join('');
      flaws.push(...own.map(({ pointer = '', ...flaw }) => ({ pointer: above + pointer, ...flaw })));
    }
  }
  if (flaws.length > 0) throw new Problem(422, 'Cells of the row cannot be read.', flaws);
  return row;
}

/** A document's cells. */
export const writeCells = (columns: readonly Column[], shown: Document): string[] =>
  columns.map(({ path }) => cellOf(valueAt(shown, path.join('.'))));

function cellOf(value: unknown): string {
  if (typeof value === 'string') return guarded(value);
  if (value === null || value === undefined) return '';
  const text = JSON.stringify(value);
  return value instanceof Date || value instanceof ObjectId ? text.replaceAll('"', '') : text;
}

/**
 * A text that no spreadsheet takes for a formula ("CSV Injection" of OWASP): an apostrophe stands before it.
 * One stands before a text too that begins with one itself, or is empty, so that each text has one cell of its own.
 */
const guarded = (text: string): string => (/^(?:$|['=+\-@\t\r\n＝＋－＠])/.test(text) ? `'${text}` : text);

const unguarded = (cell: string): string => (cell.startsWith("'") ? cell.slice(1) : cell);
