import type { Format } from '../http/formats.ts';
import type { CheckedRow } from './checked-rows.ts';
import { openSpool, type Spool } from './spool.ts';

/** The counts of an import's report. */
export interface Totals {
  read: number;
  inserted: number;
  /** Rows that were rejected. */
  bad: number;
  /** Rows that may be stored or not, because the database did not say. */
  uncertain?: number;
  /** Whether the whole body was read and all its valid rows were stored. */
  complete: boolean;
  /** Why the import is not complete. */
  detail?: string;
}

/** What happened to the rows of an import so far. */
export interface Tally {
  totals: Totals;
  /** NDJSON: a line for each rejected row, in their order. The reader has to close it. */
  rejected: Spool;
  /** Adds those of the rows that have flaws. */
  reject: (rows: readonly CheckedRow[]) => Promise<void>;
}

/** The tally of a new import. */
export function openTally(format: Format): Tally {
  const totals: Totals = { read: 0, inserted: 0, bad: 0, complete: true };
  const rejected = openSpool();
  const place = format === 'json' ? 'index' : 'line';
  return {
    totals,
    rejected,
    async reject(rows) {
      const flawed = rows.filter(({ flaws }) => flaws.length > 0);
      totals.bad += flawed.length;
      await rejected.write(
        flawed.map((row) => `${JSON.stringify({ [place]: row.place, errors: row.flaws })}\n`).join(''),
      );
    },
  };
}
