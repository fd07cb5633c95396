import type { Document, Filter } from 'mongodb';
import type { Checkpoint } from './journal.ts';

/** What a backfill would do, if it ran. */
export interface PlannedBackfill {
  label: string;
  collection: string;
  /** Finds the documents of the old shape. */
  filter: Filter<Document>;
  /** How many there are. */
  documents: number;
  /** How long a batch of them took to read and convert, without the writing. */
  sample: { documents: number; milliseconds: number; writes: readonly unknown[] };
}

/** What the operations of a migration know of the run that they are part of. */
export interface RunContext {
  /** Present if the migration is only planned: notes a backfill instead of running it. */
  plan?: (sample: () => Promise<PlannedBackfill>) => Promise<void>;
  /** How far the backfill of this label came before an earlier run of this migration was interrupted. */
  checkpoint: (label: string) => Checkpoint | undefined;
  /** How long a batch should take, in milliseconds: the shorter, the sooner the API's own writes come in between. */
  batchMs: number;
  /** Notes how far the backfill has come, and returns when the next batch may begin. */
  proceed: (label: string, checkpoint: Checkpoint) => Promise<void>;
  /** Notes that the backfill of this label has ended. */
  end?: (label: string) => Promise<void>;
}

/** The property in which a handle carries its run. A registered symbol, so that a second copy of this module finds it too. */
export const RUN = Symbol.for('migrate.run');

/** The run that a database or collection belongs to; `undefined` outside of a run, as in a test of an operation. */
export function runOf(handle: object): RunContext | undefined {
  const run: unknown = Reflect.get(handle, RUN);
  return isRun(run) ? run : undefined;
}

const isRun = (value: unknown): value is RunContext =>
  typeof value === 'object' && value !== null && 'proceed' in value;
