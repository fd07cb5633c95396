import type { Collection, Document } from 'mongodb';
import { OperatorError } from '../operator-error.ts';
import { HELD, renewal, type LeaseDocument } from './document.ts';
import { markUnused } from './in-use.ts';

/** The lease could not be kept: another process may have it already. */
export class LeaseLost extends OperatorError {
  override name = 'LeaseLost';
}

/** A right that one process has at a time. */
export interface Lease {
  /** `leaseId` of its document, as long as this process holds it. */
  id: string;
  /** The document as it was taken, with the fields that others keep in it. */
  document: Document;
  /** Fencing token: larger than that of every holder before, as long as the document is not dropped. */
  token: number;
  /** Until when, by the database's clock; grows with each heartbeat. */
  expiresAt: () => Date;
  /** Judges by this process's clock. @throws {LeaseLost} once another process may hold it */
  assertHeld: () => void;
  /** Judges by a heartbeat. @throws {LeaseLost} once another process may hold it */
  confirm: () => Promise<void>;
  /** Is aborted, with a {LeaseLost} as its reason, when a heartbeat finds that another process may hold it. */
  lost: AbortSignal;
  /** Ends it by an action that removes its document: no heartbeat makes that anew, and nobody here takes it meanwhile. */
  end: (last: () => Promise<unknown>) => Promise<void>;
  /** Ends it. Without an answer of the database, it runs out by itself. */
  release: () => Promise<void>;
  /** Ends it, and drops its collection. @throws {LeaseLost} once another process may hold it */
  drop: () => Promise<void>;
}

interface Keeping {
  /** When this process asked for the lease, by its monotonic clock. */
  sentAt: number;
  /** How long the lease outlives its last heartbeat. */
  milliseconds: number;
  lost: string;
}

/** Keeps a lease that was taken just now by heartbeats. */
export function keep(
  leases: Collection<LeaseDocument>,
  document: LeaseDocument & { leaseId: string },
  { sentAt, milliseconds, lost: message }: Keeping,
): Lease {
  const { _id, leaseId, token = 0 } = document;
  const mine = { _id, leaseId };
  const lost = new AbortController();
  let { expiresAt = new Date(0) } = document;
  let deadline = sentAt + milliseconds;
  let beating: Promise<void> | undefined;

  const assertHeld = () => {
    if (performance.now() >= deadline) throw new LeaseLost(message);
  };
  const beat = async () => {
    const sentAt = performance.now();
    // Expired but not yet taken by another is lost too: this process has already refused to write.
    const kept = await leases.findOneAndUpdate({ ...mine, ...HELD }, [{ $set: renewal(milliseconds) }], {
      returnDocument: 'after',
    });
    if (kept?.expiresAt) [expiresAt, deadline] = [kept.expiresAt, sentAt + milliseconds];
    else deadline = -Infinity;
  };
  const beatOnTime = async () => {
    await beat().catch(() => {}); // no loss yet if the database cannot be reached: the deadline decides
    beating = undefined;
    if (performance.now() >= deadline) lost.abort(new LeaseLost(message));
  };
  const timer = setInterval(() => (beating ??= beatOnTime()), milliseconds / 4).unref();

  const confirm = async () => {
    await beat();
    assertHeld();
  };
  const end = async (last: () => Promise<unknown>) => {
    clearInterval(timer);
    await beating;
    await last().finally(() => markUnused(leaseId));
  };
  const ended = { expiresAt: new Date(0), renewedAt: new Date(0) };
  return {
    id: leaseId,
    document,
    token,
    expiresAt: () => expiresAt,
    assertHeld,
    confirm,
    lost: lost.signal,
    end,
    release: () => end(() => leases.updateOne(mine, { $set: ended }).catch(() => {})),
    drop: () =>
      end(async () => {
        await confirm(); // nobody can take it between this and the drop
        await leases.drop();
      }),
  };
}
