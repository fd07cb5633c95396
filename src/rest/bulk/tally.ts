import type { Format } from '../http/formats.ts';
import type { CheckedRow } from './checked-rows.ts';
import { openSpool, type Spool } from './spool.ts';

/** What a report tells of all rows. */
export interface Totals {
  read: number;
  inserted: number;
  /** Rows that were rejected. */
  bad: number;
  /** Rows of which it is not known whether they were stored, because the database did not say. */
  uncertain?: number;
  /** Whether the whole body was read and stored, as far as it was good. */
  complete: boolean;
  /** Why it is not complete. */
  detail?: string;
}

/** What has become of the rows of an import so far. */
export interface Tally {
  totals: Totals;
  /** NDJSON: a line for each rejected row, in their order. Whoever reads it closes it. */
  rejected: Spool;
  /** Notes those of the rows that have flaws. */
  reject: (rows: readonly CheckedRow[]) => Promise<void>;
}

/** The tally of an import of which nothing was read yet. */
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
