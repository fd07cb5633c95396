import { thisProcess } from '../../lease/index.ts';
import { apply, type Applying } from './apply.ts';
import { takeMigrationLease } from './lease.ts';
import { readState, type State } from './state.ts';
import type { Step } from './steps.ts';

/** The database that is migrated, and how this process takes the right to. */
export interface Migrating extends Applying {
  /** What other processes see this one do: `up`. */
  command: string;
  leaseSeconds: number;
  waitSeconds: number;
  report: (line: string) => void;
}

/** A time in which this process alone may migrate the database. */
export interface Run {
  /** What was read at its beginning. */
  state: State;
  /**
   * Does one step.
   * @throws {LeaseLost} if this process lost the right to
   * @throws {OperatorError} if the step failed; the journal says how far it came
   */
  apply: (step: Step) => Promise<void>;
}

/**
 * Takes the lease and reads the state; the lease ends with `action`, whatever came of it.
 * @throws {LeaseBusy} if another process migrates the database, or restores into it
 */
export async function withRun<T>(context: Migrating, action: (run: Run) => Promise<T>): Promise<T> {
  const { client, databaseName, folder, command } = context;
  const db = client.db(databaseName);
  const owner = thisProcess(command);
  const lease = await takeMigrationLease(db, { ...context, owner });
  try {
    const migrationBlock = Date.now();
    return await action({
      state: await readState(db, folder),
      apply: (step) => apply(context, step, { lease, owner, migrationBlock }),
    });
  } finally {
    await lease.release();
  }
}

/**
 * Does steps one after another, with nothing in between.
 * @param choose says which, by the state that was read under the lease
 * @returns the steps, all done
 * @throws {Error} as `withRun` and `Run.apply` do
 */
export function run(context: Migrating, choose: (state: State) => Step[] | Promise<Step[]>): Promise<Step[]> {
  return withRun(context, async ({ state, apply }) => {
    const steps = await choose(state);
    for (const step of steps) await apply(step);
    return steps;
  });
}
