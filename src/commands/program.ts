import { Command } from 'commander';
import { describeSettings } from '../config.ts';
import { RESOURCES } from '../models.ts';
import { addBackupCommands } from './backup.ts';
import { addDatabaseCommands } from './database.ts';
import { addMigrateNew } from './migrate-new.ts';
import { addMigrateRehearse } from './migrate-rehearse.ts';
import { addMigrationReports } from './migrate-reports.ts';
import { addMigrateCommands } from './migrate.ts';
import { addTransferCommands } from './transfer.ts';

/** All commands of `npm run`, for one command line. */
export function commandProgram(resources = RESOURCES): Command {
  const program = new Command('npm run').addHelpText('after', `\n${describeSettings()}`);
  addDatabaseCommands(program, resources);
  addBackupCommands(program);
  addTransferCommands(program, resources);
  addMigrationReports(program);
  addMigrateCommands(program);
  addMigrateRehearse(program);
  addMigrateNew(program);
  return program;
}
