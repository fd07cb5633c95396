import type { Db, FindOptions } from 'mongodb';
import { readHistory, type Entry, type History } from './journal.ts';
import { readMigrator } from './lease.ts';

/**
 * What a migration can be in a database.
 * - `running`: a process applies or reverts it now
 * - `unfinished`: its last run failed half-way, or was killed
 * - `unknown`: it is applied, but this version does not have it
 */
export const MIGRATION_STATES = ['applied', 'pending', 'running', 'unfinished', 'unknown'] as const;

/** A migration, and what it is in a database. */
export interface MigrationState {
  name: string;
  state: (typeof MIGRATION_STATES)[number];
  appliedAt: Date | null;
  /** The run that goes on, or did not end well. */
  run?: Entry;
}

/**
 * The states of all migrations that either this version or the database has, in their order.
 * @param known the names of those that this version has
 * @param isRunning whether a process migrates the database
 */
export function migrationStates(
  known: readonly string[],
  { applied, entries, unfinished }: History,
  isRunning: boolean,
): MigrationState[] {
  const names = new Set([...known, ...[...applied, ...unfinished].map(({ fileName }) => fileName)]);
  const last = entries.at(-1);
  return [...names].toSorted().map((name) => {
    const run = unfinished.find(({ fileName }) => fileName === name);
    const mark = applied.find(({ fileName }) => fileName === name);
    const appliedAt = mark?.appliedAt ?? null;
    if (run) {
      const goesOn = isRunning && run._id === last?._id && run.state === 'started';
      return { name, state: goesOn ? 'running' : 'unfinished', appliedAt, run };
    }
    return { name, state: mark ? (known.includes(name) ? 'applied' : 'unknown') : 'pending', appliedAt };
  });
}

/** Reads them. @throws what the driver throws */
export async function readMigrationStates(
  db: Db,
  known: readonly string[],
  options: FindOptions = {},
): Promise<MigrationState[]> {
  const history = await readHistory(db, options);
  if (history.unfinished.length === 0) return migrationStates(known, history, false);
  if (await readMigrator(db, options)) return migrationStates(known, history, true);
  // It may have ended well between the two.
  return migrationStates(known, await readHistory(db, options), false);
}
