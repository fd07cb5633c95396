import type { Document } from 'mongodb';
import type { Flaw } from '../http/problems.ts';
import type { Row } from './rows.ts';

/** A row that was held against the rules: a document to be stored, or why it is bad. */
export interface Judged {
  /** The line on which it begins, from 1; of a JSON array the index, from 0. */
  place: number;
  document: Document | undefined;
  flaws: Flaw[];
}

/** A window of this size is inserted within the time that the API waits for its database, even by a slow one. */
const MOST_ROWS = 200;
const MOST_BYTES = 2 ** 20;

/**
 * Judges rows, and hands them over in windows of a bounded size.
 * If reading fails, the rows that were read before it come first.
 */
export async function* windowsOf(rows: AsyncIterable<Row>, judge: (row: Row) => Judged): AsyncGenerator<Judged[]> {
  let window: Judged[] = [];
  let bytes = 0;
  let failure: { error: unknown } | undefined;
  try {
    for await (const row of rows) {
      window.push(judge(row));
      bytes += row.bytes;
      if (window.length < MOST_ROWS && bytes < MOST_BYTES) continue;
      yield window;
      window = [];
      bytes = 0;
    }
  } catch (error) {
    failure = { error };
  }
  if (window.length > 0) yield window;
  if (failure) throw failure.error;
}

/** A row that can be stored. */
export type Good = Judged & { document: Document };

export const isGood = (row: Judged): row is Good => row.document !== undefined;
