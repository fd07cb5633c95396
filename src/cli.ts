import { Command } from 'commander';
import { addBackupCommands } from './commands/backup.ts';
import { addDatabaseCommands } from './commands/database.ts';
import { addMigrationReports } from './commands/migrate-reports.ts';
import { addMigrateNew } from './commands/migrate-new.ts';
import { addMigrateCommands } from './commands/migrate.ts';
import { describeSettings } from './config.ts';

const program = new Command('npm run').addHelpText('after', `\n${describeSettings()}`);
addDatabaseCommands(program);
addBackupCommands(program);
addMigrationReports(program);
addMigrateCommands(program);
addMigrateNew(program);
await program.parseAsync();
