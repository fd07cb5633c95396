import { Command } from 'commander';
import { addDatabaseCommands } from './commands/database.ts';
import { describeSettings } from './config.ts';

const program = new Command('npm run').addHelpText('after', `\n${describeSettings()}`);
addDatabaseCommands(program);
await program.parseAsync();
