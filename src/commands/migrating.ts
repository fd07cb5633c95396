import type { State } from '../migrate/checks.ts';
import { run, type Step } from '../migrate/runner.ts';
import { migrating, MIGRATIONS, type OpenDatabase } from '../migrations.ts';

const WORDS = { up: 'MIGRATED UP', down: 'MIGRATED DOWN', stamp: 'STAMPED', unstamp: 'UNSTAMPED' };

/**
 * Runs a verb on the settings' database and prints each step that is done, as migrate-mongo does.
 * Ctrl-C ends it before its next write.
 */
export async function migrate(
  database: OpenDatabase,
  command: string,
  choose: (state: State) => Promise<Step[]>,
  folder = MIGRATIONS,
): Promise<void> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const context = {
    ...migrating(database, command),
    folder,
    signal: interruption.signal,
    onDone: ({ file, action }: Step) => console.log(`${WORDS[action]}: ${file.name}`),
  };
  const steps = await run(context, choose);
  if (steps.length === 0) console.error('There is nothing to do.');
}
