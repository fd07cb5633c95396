import { Command } from 'commander';
import { describeSettings, packageVersion } from '../config.ts';
import { RESOURCES } from '../models.ts';
import { addBackupCommands } from './backup.ts';
import { addDatabaseCommands } from './database.ts';
import { addDoctor } from './doctor.ts';
import { addKeyCommands } from './keys.ts';
import { addMigrateNew } from './migrate-new.ts';
import { addMigrateRehearse } from './migrate-rehearse.ts';
import { addMigrationReports } from './migrate-reports.ts';
import { addMigrateCommands } from './migrate.ts';
import { addTransferCommands } from './transfer.ts';
import { typed } from './usage.ts';

const BESIDE = `Other commands:
  npm start, or npx engines serve          Start the server.
  npx migrate-mongo up|down|status|create  Run, revert, list and create migrations.`;

/** All commands of `npx engines`. Each is an `npm run` script too. */
export function commandProgram(resources = RESOURCES): Command {
  const program = new Command('npx engines')
    .usage('<command> [options]')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      commandUsage: (command) =>
        command.parent ? typed(command, command.usage()) : `${command.name()} ${command.usage()}`,
    })
    .addHelpText('after', `\n${BESIDE}\n\n${describeSettings()}`);
  const help = new Command('help').argument('[command]').helpGroup('Help:').description('Show the help of a command.');
  program.addHelpCommand(help.helpOption(false));
  program.commandsGroup('Database:');
  addDatabaseCommands(program, resources);
  program.commandsGroup('Backups:');
  addBackupCommands(program);
  program.commandsGroup('Import and export:');
  addTransferCommands(program, resources);
  program.commandsGroup('Access:');
  addKeyCommands(program, resources);
  program.commandsGroup('Safety:');
  addDoctor(program);
  program.commandsGroup('Migrations, look at them:');
  addMigrationReports(program);
  program.commandsGroup('Migrations, run them:');
  addMigrateCommands(program);
  program.commandsGroup('Migrations, write and try them:');
  addMigrateNew(program);
  addMigrateRehearse(program);
  return program;
}
