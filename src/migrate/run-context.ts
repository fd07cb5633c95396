import { AsyncLocalStorage } from 'node:async_hooks';
import type { Checkpoint } from './journal.ts';

/** What the verbs of a migration know of the run that they are part of. */
export interface RunContext {
  /** Where the backfill of this label was when an earlier run of this migration was interrupted. */
  checkpoint: (label: string) => Checkpoint | undefined;
  /** Notes how far the backfill has come, and returns when the next batch may begin. */
  proceed: (label: string, checkpoint: Checkpoint) => Promise<void>;
}

const storage = new AsyncLocalStorage<RunContext>();

/** Runs an action with a context that `currentRun` gives to whatever it calls. */
export const withRun = <Result>(context: RunContext, action: () => Promise<Result>): Promise<Result> =>
  storage.run(context, action);

/** The run that the caller is part of; `undefined` outside of one, as in a test of a verb. */
export const currentRun = (): RunContext | undefined => storage.getStore();
