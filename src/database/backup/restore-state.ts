import type { Db } from 'mongodb';
import {
  LeaseLost,
  MIGRATIONS,
  RESTORE,
  takeLease,
  thisProcess,
  type Holder,
  type LeaseDocument,
} from '../../lease/index.ts';
import { OperatorError } from '../../operator-error.ts';

/** How far a restore has come. Stored in the document of its lease until a restore has ended well. */
interface Progress {
  /** Identifies what the backup holds. */
  backup?: string;
  /** The path of the backup, for messages. */
  directory?: string;
  phase?: 'loading' | 'swapping';
  /** Whether the collections are loaded under their own names, as the target was empty. */
  direct?: boolean;
  /** Collections of the backup that are loaded and compared. */
  loaded?: string[];
}

/** How long the right to restore outlives its last heartbeat, unless its process is known to have ended. */
const LEASE_SECONDS = 60;

/** A restore in progress. No other process restores into the same database. */
export interface OpenRestore {
  progress: Progress;
  /** Records a change of the progress. @throws {LeaseLost} if another process may have taken over */
  record: (change: Progress) => Promise<void>;
  /** @throws {LeaseLost} if another process may have taken over, as after this process stood still for long */
  confirm: () => Promise<void>;
  /** Ends it. The recorded progress stays for the next restore; if nothing is recorded, nothing stays. */
  release: () => Promise<void>;
  /** Ends it and deletes the recorded progress. */
  finish: () => Promise<void>;
}

/**
 * Begins a restore into a database, or takes over one that was killed.
 * @throws {OperatorError} if another process restores into this database, or migrates it
 */
export async function openRestore(db: Db): Promise<OpenRestore> {
  const { databaseName } = db;
  const lost = `This process could not keep its right to restore into ${databaseName} (it stood still, or the database was away) and has stopped. Run it again.`;
  const { lease, holder } = await takeLease(db, RESTORE, {
    owner: thisProcess('restore'),
    leaseSeconds: LEASE_SECONDS,
    // The last write of a killed process may still arrive: what is loaded is compared with the backup at the end.
    endsWithProcess: true,
    lost,
  });
  if (holder) throw refusal(holder, databaseName);
  const states = db.collection<LeaseDocument & Progress>(RESTORE.collection);
  const progress: Progress = lease.document;
  return {
    progress,
    confirm: lease.confirm,
    async record(change) {
      const { matchedCount } = await states.updateOne({ _id: RESTORE.id, leaseId: lease.id }, { $set: change });
      if (matchedCount === 0) throw new LeaseLost(lost);
      Object.assign(progress, change);
    },
    release: () => (progress.backup === undefined ? lease.drop() : lease.release()),
    finish: lease.drop,
  };
}

function refusal({ place, description, owner }: Holder, databaseName: string): OperatorError {
  if (place === MIGRATIONS)
    return new OperatorError(
      `${description} is migrating ${databaseName}. Wait until it is done, then run the restore again.`,
    );
  const by = owner ? ` by process ${owner.pid} on ${owner.host}` : '';
  return new OperatorError(
    `A restore into ${databaseName} is going on${by}. Wait until it ends; if that process was killed, try again in ${LEASE_SECONDS} s.`,
  );
}
