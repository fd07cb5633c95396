import type { MongoClient } from 'mongodb';
import { LeaseLost, type Lease, type Owner } from '../../lease/index.ts';
import { messageOf, OperatorError, sentence } from '../../operator-error.ts';
import { fence } from './fence.ts';
import { loadMigration } from './files.ts';
import { interceptWrites } from './handle.ts';
import { begin, commit, fail, keyOf, saveCheckpoint, type Counts } from './journal.ts';
import type { Pace } from './pace.ts';
import type { RunContext } from './run-context.ts';
import { speedometer } from './speedometer.ts';
import type { Step } from './steps.ts';

/** The database that is migrated, and how. */
export interface Applying {
  client: MongoClient;
  databaseName: string;
  /** Absolute path of the migrations. */
  folder: string;
  pace: Pace;
  /** How long a batch of a backfill should take. */
  batchMs: number;
  /** Ends the run before its next write. */
  signal: AbortSignal;
}

/** The run that a step belongs to. */
interface Attempt {
  lease: Lease;
  owner: Owner;
  /** What migrate-mongo notes of migrations that were applied by one command: the same number. */
  migrationBlock: number;
}

/**
 * Does one step, and notes it in the journal and the changelog.
 * @throws {LeaseLost} if this process lost the right to
 * @throws {OperatorError} if the step failed; the journal says how far it came
 */
export async function apply(context: Applying, step: Step, attempt: Attempt): Promise<void> {
  const { client, databaseName, folder, pace, batchMs, signal } = context;
  const { owner, migrationBlock } = attempt;
  const lease = { ...attempt.lease, assertHeld: () => assertGoing(attempt.lease, signal) };
  const { file, action, interrupted } = step;
  const checkpoints = interrupted?.action === action ? interrupted.checkpoints : {};
  const direction = action === 'up' || action === 'down' ? action : undefined;
  const migration = direction && (await loadMigration(folder, file));
  const db = client.db(databaseName);
  lease.assertHeld();
  const about = { fileName: file.name, fileHash: file.hash, action, token: lease.token, owner };
  // The writes of an interrupted run count too: they are in the database until this run has ended well.
  const inherited = interrupted ? { interrupted: 1, ...interrupted.counts } : {};
  const entry = await begin(db, { ...about, counts: inherited, checkpoints });
  let counts: Counts = { ...inherited };

  const work = async (options?: object) => {
    counts = { ...inherited }; // the driver may start a transaction again
    const measure = speedometer();
    const noted = new Set<string>();
    const run: RunContext = {
      batchMs,
      checkpoint: (label) => checkpoints[keyOf(label)],
      async proceed(label, checkpoint) {
        const speed = measure(label, checkpoint.done);
        await saveCheckpoint(fenced, entry, label, { ...checkpoint, ...speed, hasEnded: false }, counts);
        noted.add(label);
        await pace(db, checkpoint.done);
      },
      async end(label) {
        if (noted.has(label)) await saveCheckpoint(fenced, entry, label, { hasEnded: true }, counts);
      },
    };
    const handle = interceptWrites(client, {
      databaseName,
      intercept: fence(lease, counts),
      run,
      ...(options && { options }),
    });
    const fenced = handle.db(databaseName);
    if (migration && direction) await migration[direction](fenced, handle);
    await commit(fenced, entry, migrationBlock, counts);
  };
  try {
    if (migration?.transaction) await inTransaction(client, databaseName, work);
    else await work();
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    const message = messageOf(error);
    const left = migration?.transaction ? inherited : counts;
    const isNoted = await fail(db, entry, message, left).then(
      () => true,
      () => false,
    );
    const remedy = isNoted ? remedyFor(left) : 'The journal could not be written either. Run npm run migrate:status.';
    throw new OperatorError(`Could not migrate ${action} ${file.name}: ${sentence(message)} ${remedy}`, {
      cause: error,
    });
  }
}

function assertGoing(lease: Lease, { aborted }: AbortSignal): void {
  lease.assertHeld();
  if (aborted) throw new OperatorError('It was interrupted.');
}

const remedyFor = (left: Counts) =>
  Object.keys(left).length > 0
    ? 'It had begun to write. Correct the cause, then run npm run migrate:resume to continue it, or npm run migrate:rollback to undo it.'
    : 'Nothing was changed. Correct the cause and run it again.';

async function inTransaction(
  client: MongoClient,
  databaseName: string,
  work: (options: object) => Promise<void>,
): Promise<void> {
  const { setName, msg } = await client.db(databaseName).command({ hello: 1 });
  if (setName === undefined && msg !== 'isdbgrid')
    throw new OperatorError('it asks for a transaction, which a standalone MongoDB does not have. Use a replica set.');
  await client.withSession((session) => session.withTransaction(() => work({ session })));
}
