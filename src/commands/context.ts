import { loadSettings } from '../config.ts';
import { openDatabase } from '../database/index.ts';
import { interruptible, interruption } from '../interruption.ts';
import { LeaseBusy } from '../migrate/run/index.ts';
import type { OpenDatabase } from '../migrations.ts';
import { printable } from '../operator-error.ts';

/** The exit code for what may succeed later (EX_TEMPFAIL of sysexits.h). */
const TRY_AGAIN = 75;

/**
 * Opens the settings' database for one command and closes it afterwards. A failure, also an interruption, is printed in one
 * line and sets the exit code.
 */
export const withDatabase = (action: (database: OpenDatabase) => Promise<void>): Promise<void> =>
  inOneLine(() => withOpen(action));

/** Runs a command that needs no database. A failure is printed in one line and sets the exit code. */
export async function inOneLine(command: () => Promise<void>): Promise<void> {
  try {
    await interruptible(command);
  } catch (error) {
    console.error(printable(error));
    process.exitCode = error instanceof LeaseBusy ? TRY_AGAIN : 1;
  }
}

async function withOpen(action: (database: OpenDatabase) => Promise<void>): Promise<void> {
  const settings = loadSettings();
  const report = (line: string) => console.error(line);
  const { connection, description, close } = await openDatabase(settings, { share: true, impatient: false }, report);
  report(`Database: ${description}`);
  try {
    interruption().throwIfAborted();
    const { db } = connection;
    if (!db) throw new Error('the connection is not open');
    await action({ db, connection, settings, report });
  } finally {
    await close();
  }
}
