import type { Document } from 'mongodb';
import type { Owner } from './owner.ts';

/** The document of a lease. Other fields may stand beside these. All times are by the database's clock. */
export interface LeaseDocument {
  _id: string;
  /** Grows with each holder. */
  token?: number;
  /** Identifies one holder, even if the document was dropped since, so that tokens count from 1 again. */
  leaseId?: string;
  owner?: Owner;
  /** Where the owner's process id means that process alone, see `processSpace`. */
  space?: string | null;
  takenAt?: Date;
  /** The last heartbeat. */
  renewedAt?: Date;
  /** Absent if a version without such leases wrote the document: it has `renewedAt` only. */
  expiresAt?: Date;
}

/** The database's clock as a number: SecantusDB compares `$$NOW` wrongly with a stored date. */
export const NOW_MS = { $toLong: '$$NOW' };

/** Matches no document, so that an upsert makes one. */
export const ABSENT: Document = { expiresAt: null, renewedAt: null };

/** What a heartbeat sets. */
export const renewal = (milliseconds: number) => ({
  renewedAt: '$$NOW',
  expiresAt: { $add: ['$$NOW', milliseconds] },
});

/** Matches a lease that has not run out. */
export const HELD: Document = { $expr: { $gt: [{ $toLong: '$expiresAt' }, NOW_MS] } };

/** Matches a lease that has run out, or was never taken; `milliseconds` is how long it outlives its last heartbeat. */
export const expired = (milliseconds: number): Document => ({
  $expr: { $lte: [{ $toLong: { $ifNull: ['$expiresAt', { $add: ['$renewedAt', milliseconds] }] } }, NOW_MS] },
});
