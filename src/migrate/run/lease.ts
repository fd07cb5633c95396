import type { Collection, Db } from 'mongodb';
import { DUPLICATE_KEY, hasCode } from '../../error-code.ts';
import { pause } from '../../interruption.ts';
import { OperatorError } from '../../operator-error.ts';

/** Who holds a lease, for whoever waits for it. */
export interface Owner {
  host: string;
  pid: number;
  /** What it does: `up`. */
  command: string;
}

interface LeaseDocument {
  _id: string;
  /** Grows with each holder, so that an older one can be told from the present one. */
  token: number;
  /** By the database's clock. */
  expiresAt: Date;
  takenAt?: Date;
  owner?: Owner;
}

/** How a lease is taken. */
export interface LeaseOptions {
  owner: Owner;
  /** How long a lease outlives its last heartbeat. */
  leaseSeconds: number;
  /** How long to wait for another holder. */
  waitSeconds: number;
  report: (line: string) => void;
}

/** Somebody else migrates. */
export class LeaseBusy extends OperatorError {
  override name = 'LeaseBusy';
}

/** The right to migrate is gone: somebody else may have it already. */
export class LeaseLost extends OperatorError {
  override name = 'LeaseLost';
}

/** The right to migrate a database, which one process has at a time. */
export interface Lease {
  /** Fencing token: larger than that of every holder before. */
  token: number;
  /** Until when, by the database's clock; grows with each heartbeat. */
  expiresAt: () => Date;
  /** @throws {LeaseLost} once another process may hold it */
  assertHeld: () => void;
  release: () => Promise<void>;
}

export const LEASE_COLLECTION = 'migration_lease';

/** The database's clock as a number: SecantusDB compares `$$NOW` wrongly with a stored date. */
export const NOW_MS = { $toLong: '$$NOW' };

const ID = 'migrations';
const MOST_BETWEEN_POLLS_MS = 500;

/**
 * Takes the lease of a database, and keeps it by heartbeats until it is released.
 * Only the database's clock counts between processes; a holder judges itself by its own monotonic clock, from before
 * each heartbeat was sent, and so always gives up first.
 * @throws {LeaseBusy} if another process still has it after `waitSeconds`
 */
export async function takeLease(db: Db, { owner, leaseSeconds, waitSeconds, report }: LeaseOptions): Promise<Lease> {
  const leases = db.collection<LeaseDocument>(LEASE_COLLECTION);
  const milliseconds = leaseSeconds * 1000;
  await leases
    .updateOne({ _id: ID }, { $setOnInsert: { token: 0, expiresAt: new Date(0) } }, { upsert: true })
    .catch((error: unknown) => {
      if (!hasCode(error, DUPLICATE_KEY)) throw error;
    });
  let told = false;
  const deadline = performance.now() + waitSeconds * 1000;
  for (let wait = 10; ; wait = Math.min(2 * wait, MOST_BETWEEN_POLLS_MS)) {
    const sentAt = performance.now();
    const taken = await leases.findOneAndUpdate(
      { _id: ID, $expr: { $lte: [{ $toLong: '$expiresAt' }, NOW_MS] } },
      [
        {
          $set: {
            token: { $add: ['$token', 1] },
            owner: { $literal: owner },
            takenAt: '$$NOW',
            expiresAt: { $add: ['$$NOW', milliseconds] },
          },
        },
      ],
      { returnDocument: 'after' },
    );
    if (taken) return keep(leases, taken, sentAt + milliseconds, milliseconds);
    const holder = await leases.findOne({ _id: ID });
    const who = describe(holder);
    if (performance.now() >= deadline)
      throw new LeaseBusy(
        `${who} is migrating this database. Wait until it is done: npm run migrate:status -- --watch.`,
      );
    if (!told) report(`${who} is migrating this database; waiting up to ${waitSeconds} s for it ...`);
    told = true;
    await pause(wait);
  }
}

/** Who holds the lease now; `undefined` if nobody does. */
export async function readHolder(db: Db): Promise<Owner | undefined> {
  const leases = db.collection<LeaseDocument>(LEASE_COLLECTION);
  return (await leases.findOne({ _id: ID, $expr: { $gt: [{ $toLong: '$expiresAt' }, NOW_MS] } }))?.owner;
}

function describe(holder: LeaseDocument | null): string {
  const { owner, takenAt } = holder ?? {};
  if (!owner || !takenAt) return 'Another process';
  return `Process ${owner.pid} on ${owner.host} (${owner.command}, since ${takenAt.toISOString()})`;
}

function keep(leases: Collection<LeaseDocument>, taken: LeaseDocument, until: number, milliseconds: number): Lease {
  const mine = { _id: ID, token: taken.token };
  let { expiresAt } = taken;
  let deadline = until;
  let beating: Promise<void> | undefined;

  const beat = async () => {
    const sentAt = performance.now();
    const kept = await leases.findOneAndUpdate(
      // Expired but not yet taken by another is lost too: this process has already refused to write.
      { ...mine, $expr: { $gt: [{ $toLong: '$expiresAt' }, NOW_MS] } },
      [{ $set: { expiresAt: { $add: ['$$NOW', milliseconds] } } }],
      { returnDocument: 'after' },
    );
    if (kept) [expiresAt, deadline] = [kept.expiresAt, sentAt + milliseconds];
    else deadline = -Infinity;
  };
  const timer = setInterval(() => {
    // A failure to reach the database is no loss yet: the deadline tells.
    beating ??= beat()
      .catch(() => {})
      .finally(() => (beating = undefined));
  }, milliseconds / 4);

  return {
    token: taken.token,
    expiresAt: () => expiresAt,
    assertHeld() {
      if (performance.now() < deadline) return;
      throw new LeaseLost(
        'This process could not keep its right to migrate (it stood still, or the database was away) and has stopped. Run npm run migrate:status.',
      );
    },
    async release() {
      clearInterval(timer);
      await beating;
      await leases.updateOne(mine, { $set: { expiresAt: new Date(0) } });
    },
  };
}
