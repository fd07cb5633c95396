import type { Db, MongoClient } from 'mongodb';
import { LeaseLost, thisProcess, type Lease } from '../../lease/index.ts';
import { OperatorError, sentence } from '../../operator-error.ts';
import { checkFiles, checkHistory, UNUSABLE, type Finding, type State } from './checks.ts';
import { fence } from './fence.ts';
import { loadMigration, readFiles, Unusable, type MigrationFile } from './files.ts';
import { interceptWrites } from './handle.ts';
import {
  begin,
  commit,
  fail,
  keyOf,
  readHistory,
  saveCheckpoint,
  type Action,
  type Counts,
  type Entry,
} from './journal.ts';
import { takeMigrationLease, type LeaseOptions } from './lease.ts';
import type { Pace } from './pace.ts';
import type { RunContext } from './run-context.ts';

/** The database that is migrated, and how. */
export interface Migrating {
  client: MongoClient;
  databaseName: string;
  /** Absolute path of the migrations. */
  folder: string;
  /** What the lease's owner is seen to do: `up`. */
  command: string;
  leaseSeconds: number;
  waitSeconds: number;
  report: (line: string) => void;
  pace: Pace;
  /** How long a batch of a backfill should take. */
  batchMs: number;
  /** Ends the run before its next write. */
  signal: AbortSignal;
  /** Prepares for a step that runs a migration; throws where it must not be begun. */
  before: (step: Step) => Promise<void>;
  onDone: (step: Step) => void;
}

/** One thing to do to one migration. */
export interface Step {
  file: MigrationFile;
  action: Action;
  /** The run of it that was interrupted, and that this one resumes or takes back. */
  interrupted?: Entry;
}

/** Reads the folder and the database. */
export async function readState(db: Db, folder: string): Promise<State> {
  const [history, found] = await Promise.all([readHistory(db), readFiles(folder)]);
  const applied = new Set(history.applied.map(({ fileName }) => fileName));
  return { ...history, ...found, pending: found.files.filter(({ name }) => !applied.has(name)) };
}

/** Everything that is wrong with the migrations. */
export async function findingsOf(state: State, folder: string): Promise<Finding[]> {
  const loaded = [];
  const unusable: Finding[] = [];
  for (const file of state.files)
    try {
      loaded.push({ ...file, ...(await loadMigration(folder, file)) });
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      unusable.push({ rule: UNUSABLE, file: file.name, message: error.what, remedy: error.remedy });
    }
  return [...checkHistory(state), ...unusable, ...checkFiles(loaded, state.files)];
}

/**
 * Takes the lease, then reads the state, then lets `choose` say what to do, and does it step by step.
 * @returns the steps, all done
 * @throws {LeaseBusy} if another process migrates
 * @throws {LeaseLost} if this one lost the right to
 * @throws {OperatorError} if a step failed; the journal says how far it came
 */
export async function run(context: Migrating, choose: (state: State) => Step[] | Promise<Step[]>): Promise<Step[]> {
  const { client, databaseName, folder } = context;
  const db = client.db(databaseName);
  const options = leaseOptions(context);
  const { owner } = options;
  const lease = await takeMigrationLease(db, options);
  try {
    const steps = await choose(await readState(db, folder));
    const migrationBlock = Date.now();
    for (const step of steps) {
      if (step.action === 'up' || step.action === 'down') await context.before(step);
      await apply(context, { ...lease, assertHeld: () => assertGoing(lease, context.signal) }, step, {
        owner,
        migrationBlock,
      });
      context.onDone(step);
    }
    return steps;
  } finally {
    await lease.release();
  }
}

/** How this process takes the lease, and as whom. */
export const leaseOptions = ({ command, leaseSeconds, waitSeconds, report }: Migrating): LeaseOptions => ({
  owner: thisProcess(command),
  leaseSeconds,
  waitSeconds,
  report,
});

function assertGoing(lease: Lease, { aborted }: AbortSignal): void {
  lease.assertHeld();
  if (aborted) throw new OperatorError('It was interrupted.');
}

interface Attempt {
  owner: { host: string; pid: number; command: string };
  migrationBlock: number;
}

async function apply(context: Migrating, lease: Lease, step: Step, { owner, migrationBlock }: Attempt): Promise<void> {
  const { client, databaseName, folder, pace, batchMs } = context;
  const { file, action, interrupted } = step;
  const checkpoints = interrupted?.action === action ? interrupted.checkpoints : {};
  const migration = action === 'up' || action === 'down' ? await loadMigration(folder, file) : undefined;
  const db = client.db(databaseName);
  lease.assertHeld();
  const about = { fileName: file.name, fileHash: file.hash, action, token: lease.token, owner };
  // What an interrupted run has written is still there, until this one has ended well.
  const inherited = interrupted ? { interrupted: 1, ...interrupted.counts } : {};
  const entry = await begin(db, { ...about, counts: inherited, checkpoints });
  let counts: Counts = { ...inherited };

  const work = async (options?: object) => {
    counts = { ...inherited }; // a transaction may be tried again from its start
    const run: RunContext = {
      batchMs,
      checkpoint: (label) => checkpoints[keyOf(label)],
      async proceed(label, checkpoint) {
        await saveCheckpoint(fenced, entry, label, checkpoint, counts);
        await pace(db, checkpoint.done);
      },
    };
    const handle = interceptWrites(client, {
      databaseName,
      intercept: fence(lease, counts),
      run,
      ...(options && { options }),
    });
    const fenced = handle.db(databaseName);
    const direction = action === 'up' || action === 'down' ? migration?.[action] : undefined;
    await direction?.(fenced, handle);
    await commit(fenced, entry, migrationBlock, counts);
  };
  try {
    if (migration?.transaction) await inTransaction(client, databaseName, work);
    else await work();
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const left = migration?.transaction ? inherited : counts;
    const isNoted = await fail(db, entry, message, left).then(
      () => true,
      () => false,
    );
    const remedy = isNoted ? remedyFor(left) : 'The journal was out of reach too: see npm run migrate:status.';
    throw new OperatorError(`Could not migrate ${action} ${file.name}: ${sentence(message)} ${remedy}`, {
      cause: error,
    });
  }
}

const remedyFor = (left: Counts) =>
  Object.keys(left).length > 0
    ? 'It had begun to write: mend the cause, then run npm run migrate:resume, or npm run migrate:rollback to take it back.'
    : 'Nothing was changed: mend the cause and run it again.';

async function inTransaction(
  client: MongoClient,
  databaseName: string,
  work: (options: object) => Promise<void>,
): Promise<void> {
  const { setName, msg } = await client.db(databaseName).command({ hello: 1 });
  if (setName === undefined && msg !== 'isdbgrid')
    throw new OperatorError('it asks for a transaction, which a standalone MongoDB does not have; use a replica set.');
  await client.withSession((session) => session.withTransaction(() => work({ session })));
}
