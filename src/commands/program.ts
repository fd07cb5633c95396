import { Command } from 'commander';
import { describeSettings } from '../config.ts';
import { addBackupCommands } from './backup.ts';
import { addDatabaseCommands } from './database.ts';
import { addMigrateNew } from './migrate-new.ts';
import { addMigrationReports } from './migrate-reports.ts';
import { addMigrateCommands } from './migrate.ts';
import { addTransferCommands } from './transfer.ts';

/** All commands of `npm run`, for one command line. */
export function commandProgram(): Command {
  const program = new Command('npm run').addHelpText('after', `\n${describeSettings()}`);
  addDatabaseCommands(program);
  addBackupCommands(program);
  addTransferCommands(program);
  addMigrationReports(program);
  addMigrateCommands(program);
  addMigrateNew(program);
  return program;
}
