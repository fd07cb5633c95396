import type { IncomingHttpHeaders } from 'node:http';
import { readPreferences } from '../http/preferences.ts';
import { Problem } from '../http/problems.ts';
import { isObject } from '../../document.ts';
import type { Format } from '../http/formats.ts';
import type { Row } from './rows.ts';

/** What a client prefers (RFC 7240) that wants to see by the last line of NDJSON whether it is whole. */
export const END_LINE = 'end-line';

/** Whether NDJSON has that line, or must have it: there are proxies that let a body which broke off look whole. */
export const hasEndLine = ({ prefer }: IncomingHttpHeaders, format: Format): boolean =>
  format === 'ndjson' && prefer !== undefined && readPreferences(prefer).has(END_LINE);

/** The line that says that all came before it, and how many rows that is. */
export const endLine = (count: number): string => `${JSON.stringify({ complete: true, count })}\n`;

/**
 * The rows in front of the last line, which must be such a one.
 * @throws {Problem} 400, behind the rows, if it is none, or tells of another number
 */
export async function* upToEndLine(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  let count = 0;
  let last: Row | undefined;
  for await (const row of rows) {
    if (last) {
      count += 1;
      yield last;
    }
    last = row;
  }
  const told = last && countIn(last.value);
  if (told === count) return;
  if (told !== undefined)
    throw new Problem(400, `The last line says that ${told} rows come before it, and ${count} do: some are missing.`);
  if (last) yield last;
  throw new Problem(400, `The last line is not as ${endLine(1).trim()}, so rows may be missing behind it.`);
}

function countIn(value: unknown): number | undefined {
  if (!isObject(value) || Object.keys(value).length !== 2) return undefined;
  const { complete, count } = value;
  return complete === true && typeof count === 'number' ? count : undefined;
}
