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
  /** The `leaseId` of its document, as long as this process holds it. */
  id: string;
  /** The document when the lease was taken, with all its fields. */
  document: Document;
  /** The fencing token: larger than that of every earlier holder, as long as the document is not dropped. */
  token: number;
  /** When it runs out, by the database's clock; later with each heartbeat. */
  expiresAt: () => Date;
  /** Checks by this process's clock. @throws {LeaseLost} once another process may hold it */
  assertHeld: () => void;
  /** Checks by a heartbeat. @throws {LeaseLost} once another process may hold it */
  confirm: () => Promise<void>;
  /** Is aborted when a heartbeat finds that another process may hold it. The reason is a {LeaseLost}. */
  lost: AbortSignal;
  /** Ends it by an action that removes its document. No heartbeat runs meanwhile, and nothing in this process takes it. */
  end: (last: () => Promise<unknown>) => Promise<void>;
  /** Ends it. If the database does not answer, the lease runs out by itself. */
  release: () => Promise<void>;
  /** Ends it and drops its collection. @throws {LeaseLost} once another process may hold it */
  drop: () => Promise<void>;
}

interface Keeping {
  /** When this process asked for the lease, by its monotonic clock. */
  sentAt: number;
  /** How long the lease outlives its last heartbeat. */
  milliseconds: number;
  lost: string;
}

/** Keeps, by heartbeats, a lease that was taken just now. */
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
    // A lease that ran out is lost even if nobody has taken it: this process has already refused to write.
    const kept = await leases.findOneAndUpdate({ ...mine, ...HELD }, [{ $set: renewal(milliseconds) }], {
      returnDocument: 'after',
    });
    if (kept?.expiresAt) [expiresAt, deadline] = [kept.expiresAt, sentAt + milliseconds];
    else deadline = -Infinity;
  };
  const beatOnTime = async () => {
    await beat().catch(() => {}); // an unreachable database is no loss yet: the deadline decides
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
