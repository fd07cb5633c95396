import { resolve } from 'node:path';
import type { Command } from 'commander';
import { projectRoot } from '../config.ts';
import { backup, verifyFiles } from '../database/backup/index.ts';
import { withRun, type State, type Step } from '../migrate/run/index.ts';
import { judgeMigration, requireSafe } from '../migrate/plan/index.ts';
import { migrating, MIGRATIONS, type OpenDatabase } from '../migrations.ts';
import { OperatorError } from '../operator-error.ts';
import { backupFolder } from './backup.ts';

const WORDS = { up: 'MIGRATED UP', down: 'MIGRATED DOWN', stamp: 'STAMPED', unstamp: 'UNSTAMPED' };

/** Options of the commands that migrate. */
export interface Options {
  /** The folder of the migrations, relative to the project's folder; else the project's own. */
  migrationsDir?: string;
  /** Names of unsafe steps that are allowed. */
  forceUnsafe?: readonly string[];
  /** Whether a backup is made before a migration that removes values. */
  backup?: boolean;
}

/** The absolute path of the migrations. */
export const folderOf = ({ migrationsDir }: Options): string =>
  migrationsDir === undefined ? MIGRATIONS : resolve(projectRoot, migrationsDir);

/** Adds the options that `migrate` takes. */
export const withSafetyOptions = (command: Command): Command =>
  command
    .option('--force-unsafe <names...>', 'run these unsafe steps anyway')
    .option('--no-backup', 'make no backup before a migration that removes values');

/**
 * Migrates the settings' database and prints each step that is done, as migrate-mongo does.
 * Ctrl-C ends it before its next write.
 * @param command is what other processes see this one do
 * @param choose says which steps are to be done
 * @throws {OperatorError} if another process migrates or restores, a step is unsafe, or fails
 */
export async function migrate(
  database: OpenDatabase,
  command: string,
  choose: (state: State) => Step[] | Promise<Step[]>,
  options: Options = {},
): Promise<void> {
  const subject = { ...migrating(database, command), folder: folderOf(options) };
  const { forceUnsafe = [], backup: isBackedUp = true } = options;
  await withRun(subject, async ({ state, apply }) => {
    const steps = await choose(state);
    for (const step of steps) {
      const { file, action, interrupted } = step;
      if (action === 'up' || action === 'down') {
        const judgement = await judgeMigration(file, subject, action);
        // Not down: removing the fields of the newer version is its purpose.
        if (action === 'up' && !interrupted) requireSafe(judgement, forceUnsafe);
        if (judgement.isDestructive && isBackedUp) await makeBackup(database);
      }
      await apply(step);
      console.log(`${WORDS[action]}: ${file.name}`);
    }
    if (steps.length === 0) console.error('Nothing to do.');
  });
}

/** Makes a backup and verifies its files. @throws {OperatorError} if that fails */
async function makeBackup({ db, settings, report }: OpenDatabase): Promise<void> {
  const { directory } = await backup(db, backupFolder(settings, db.databaseName));
  const { defects } = await verifyFiles(directory);
  if (defects.length > 0)
    throw new OperatorError(
      `The backup ${directory} cannot be read back, so no migration was started. Check that disk.`,
    );
  report(`Backup made before values are removed: ${directory}`);
}
