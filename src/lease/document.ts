import type { Document } from 'mongodb';
import type { Owner } from './owner.ts';

/** The document of a lease. Others may keep fields of their own in it. All times are by the database's clock. */
export interface LeaseDocument {
  _id: string;
  /** Grows with each holder, so that an older one can be told from the present one. */
  token?: number;
  /** Identifies one holder, also where the document was dropped since and its tokens count from 1 again. */
  leaseId?: string;
  owner?: Owner;
  /** Where the owner's process id means one process. */
  space?: string | null;
  takenAt?: Date;
  /** The last heartbeat. */
  renewedAt?: Date;
  /** Absent in the document of a version that had no such leases; that one has `renewedAt` alone. */
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
