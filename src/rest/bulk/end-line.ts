import type { IncomingHttpHeaders } from 'node:http';
import { readPreferences } from '../http/preferences.ts';
import { Problem } from '../http/problems.ts';
import { isObject } from '../../document.ts';
import type { Format } from '../http/formats.ts';
import type { Row } from './rows.ts';

/** The preference (RFC 7240) for NDJSON whose last line says that it is complete. */
export const END_LINE = 'end-line';

/** Whether the client prefers that line in an export, or promises it in an import. Some proxies hide that a body was cut off. */
export const hasEndLine = ({ prefer }: IncomingHttpHeaders, format: Format): boolean =>
  format === 'ndjson' && prefer !== undefined && readPreferences(prefer).has(END_LINE);

/** The last line: it says that the body is complete, and how many rows came before. */
export const endLine = (count: number): string => `${JSON.stringify({ complete: true, count })}\n`;

/**
 * Yields the rows before the last line, which must be an end line.
 * @throws {Problem} 400, after the rows, if the last line is not an end line, or its count is wrong
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
  const announced = last && countIn(last.value);
  if (announced === count) return;
  if (announced !== undefined)
    throw new Problem(400, `The last line says that the number of rows before it is ${announced}, but it is ${count}.`);
  if (last) yield last;
  throw new Problem(
    400,
    `The last line is not like ${endLine(1).trim()}, so rows may be missing at the end of the body.`,
  );
}

function countIn(value: unknown): number | undefined {
  if (!isObject(value) || Object.keys(value).length !== 2) return undefined;
  const { complete, count } = value;
  return complete === true && typeof count === 'number' ? count : undefined;
}
