import type { Command } from 'commander';
import { loadSettings } from '../config.ts';
import { connectionString, installations, removeInstallations } from '../database/index.ts';
import { initialise, initialiseIfEmpty } from '../initialise.ts';
import type { OpenDatabase } from '../migrations.ts';
import { OperatorError } from '../operator-error.ts';
import type { ResourceDeclaration } from '../rest/index.ts';
import { runShell } from '../shell.ts';
import { inOneLine, withDatabase } from './context.ts';
import { counted } from './counted.ts';
import { addSeed } from './seed.ts';
import { example } from './usage.ts';

type Resources = readonly ResourceDeclaration[];

/** `db:init`, `db:seed`, `db:uri`, `db:cache` and `shell`. */
export function addDatabaseCommands(program: Command, resources: Resources): void {
  program
    .command('db:init')
    .description('Create the missing collections, validators and indexes of the models. Changes and drops nothing.')
    .option('--json', 'print what was created and what differs as JSON')
    .addHelpText('after', example())
    .action((options: { json?: true }) => withDatabase((database) => init(database, resources, options)));

  addSeed(program, resources);

  program
    .command('db:uri')
    .description('Print the connection string of the database, with its password if it has one.')
    .addHelpText('after', example())
    .action(() => inOneLine(async () => console.log(await connectionString(loadSettings()))));

  program
    .command('db:cache')
    .description('List where the embedded database is installed on this machine, and how large it is.')
    .option('--remove', 'delete what no running database uses; it is installed again when it is needed')
    .addHelpText('after', example('--remove'))
    .action((options: { remove?: true }) => inOneLine(() => showCache(options)));

  program
    .command('shell')
    .description('Open a JavaScript prompt (REPL) with db, the models and settings.')
    .addHelpText('after', example())
    .action(() =>
      withDatabase(async (database) => {
        await initialiseIfEmpty(database, resources);
        const models = resources.map(({ model }) => model(database.connection));
        await runShell(database.connection, models, database.settings);
      }),
    );
}

async function init(database: OpenDatabase, resources: Resources, { json }: { json?: true }): Promise<void> {
  const results = await initialise(database, resources);
  if (json) console.log(JSON.stringify(results));
  else for (const { outcome, what } of results) console.log(`${outcome}: ${what}`);
  const different = results.filter(({ outcome }) => outcome === 'different').length;
  if (different > 0)
    throw new OperatorError(
      `The database differs from the models (${counted(different, 'difference')}). Run npx migrate-mongo up, or write a migration with npm run migrate:new.`,
    );
  console.error(results.length === 0 ? 'Nothing to create: everything exists already.' : 'Done.');
}

async function showCache({ remove }: { remove?: true }): Promise<void> {
  const { cacheHome } = loadSettings();
  const installed = installations(cacheHome);
  if (installed.length === 0) console.error('The embedded database is not installed on this machine.');
  for (const { path, size } of installed) console.log(`${path} (${size})`);
  if (!remove || installed.length === 0) return;
  await removeInstallations(cacheHome);
  console.error('Deleted.');
}
