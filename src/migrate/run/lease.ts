import type { Db, FindOptions } from 'mongodb';
import { MIGRATIONS, readHolder, RESTORE, takeLease, type Holder, type Lease, type Owner } from '../../lease/index.ts';
import { requireWhole } from '../../half-restored.ts';
import { pause } from '../../interruption.ts';
import { OperatorError } from '../../operator-error.ts';

/** How the right to migrate is taken. */
export interface LeaseOptions {
  owner: Owner;
  /** How long the right outlives its last heartbeat. */
  leaseSeconds: number;
  /** How long to wait for another process that migrates or restores. */
  waitSeconds: number;
  report: (line: string) => void;
}

/** Another process migrates this database, or restores into it. */
export class LeaseBusy extends OperatorError {
  override name = 'LeaseBusy';
}

/**
 * Takes the right to migrate a database, and keeps it until it is released.
 * @throws {LeaseBusy} if another process still migrates, or restores, after `waitSeconds`
 * @throws {OperatorError} if a restore has stopped half-way, so that no migration can know what it finds
 */
export async function takeMigrationLease(
  db: Db,
  { owner, leaseSeconds, waitSeconds, report }: LeaseOptions,
): Promise<Lease> {
  const deadline = performance.now() + waitSeconds * 1000;
  let isWaiting = false;
  for (let wait = 10; ; wait = Math.min(2 * wait, MOST_BETWEEN_POLLS_MS)) {
    const { lease, holder } = await takeLease(db, MIGRATIONS, { owner, leaseSeconds, lost: LOST });
    if (lease) return onWholeDatabase(db, lease);
    if (performance.now() >= deadline)
      throw new LeaseBusy(`${obstacle(holder)}. Wait until it is done${howToSee(holder)}.`);
    if (!isWaiting) report(`${obstacle(holder)}; waiting up to ${waitSeconds} s for it ...`);
    isWaiting = true;
    await pause(wait);
  }
}

const MOST_BETWEEN_POLLS_MS = 500;

const LOST =
  'This process could not keep its right to migrate (it stood still, or the database was away) and has stopped. Run npm run migrate:status.';

async function onWholeDatabase(db: Db, lease: Lease): Promise<Lease> {
  try {
    await requireWhole(db);
    return lease;
  } catch (error) {
    await lease.release();
    throw error;
  }
}

const isRestore = ({ place }: Holder) => place === RESTORE;

const obstacle = (holder: Holder) =>
  `${holder.description} is ${isRestore(holder) ? 'restoring into' : 'migrating'} this database`;

const howToSee = (holder: Holder) => (isRestore(holder) ? '' : ': npm run migrate:status -- --watch');

/** The process that migrates now; `undefined` if none does. */
export const readMigrator = async (db: Db, options?: FindOptions): Promise<Owner | undefined> =>
  (await readHolder(db, MIGRATIONS, options))?.owner;
