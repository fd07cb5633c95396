import { Command } from 'commander';
import { addDatabaseCommands } from './commands/database.ts';
import { addMigrateCommands } from './commands/migrate.ts';
import { describeSettings } from './config.ts';

const program = new Command('npm run').addHelpText('after', `\n${describeSettings()}`);
addDatabaseCommands(program);
addMigrateCommands(program);
await program.parseAsync();
