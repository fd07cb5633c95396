import type { Command } from 'commander';
import { loadSettings } from '../config.ts';
import { connectionString, installations, removeInstallations, seed } from '../database/index.ts';
import { initialise, initialiseIfEmpty } from '../initialise.ts';
import { OperatorError } from '../operator-error.ts';
import type { ResourceDeclaration } from '../rest/index.ts';
import { runShell } from '../shell.ts';
import { wholeNumber } from './arguments.ts';
import { chosen, withCollectionOption, type CollectionOption } from './collection-option.ts';
import { inOneLine, withDatabase } from './context.ts';

interface SeedOptions extends CollectionOption {
  count: number;
  months: number;
  seed: number;
  append: boolean;
  force: boolean;
}

/** `db:init`, `db:seed`, `db:uri`, `db:cache` and `shell`. */
export function addDatabaseCommands(program: Command, resources: readonly ResourceDeclaration[]): void {
  program
    .command('db:init')
    .description('make the collections, validators and indexes of the models; drops and changes nothing')
    .option('--json', 'print the findings as JSON')
    .action((options: { json?: true }) =>
      withDatabase(async (database) => {
        const findings = await initialise(database, resources);
        if (options.json) console.log(JSON.stringify(findings));
        else for (const { outcome, what } of findings) console.log(`${outcome}: ${what}`);
        const different = findings.filter(({ outcome }) => outcome === 'different').length;
        if (different > 0)
          throw new OperatorError(
            `${different} differ from the models. Run npx migrate-mongo up, or write a migration.`,
          );
        console.error(findings.length === 0 ? 'Everything was there already.' : 'Done.');
      }),
    );

  withCollectionOption(program.command('db:seed'), resources)
    .description('store sample data, in each collection that has some unless one is named')
    .option('--count <number>', 'how many', wholeNumber, 1000)
    .option('--months <number>', 'over how many months, up to the start of this day (UTC)', wholeNumber, 6)
    .option('--seed <number>', 'the same number gives the same data on the same day', wholeNumber, 1)
    .option('--append', 'although there are documents already', false)
    .option('--force', 'although NODE_ENV is production', false)
    .action((options: SeedOptions) =>
      withDatabase(async (database) => {
        const { db, connection, settings } = database;
        if (settings.nodeEnv === 'production' && !options.force)
          throw new OperatorError('NODE_ENV is production: sample data does not belong there. Add --force if it does.');
        await initialiseIfEmpty(database, resources);
        const now = new Date(new Date().setUTCHours(0, 0, 0, 0));
        const samples = chosen(resources, options).flatMap(({ model, sample }) => (sample ? [{ model, sample }] : []));
        if (samples.length === 0)
          throw new OperatorError(`${options.collection ?? 'No collection'} has no sample data: declare its "sample".`);
        for (const { model, sample } of samples) {
          const collection = db.collection(model(connection).collection.name);
          await seed(collection, options.append, { ...options, now, make: sample });
          console.error(`${options.count} sample documents are stored in ${collection.collectionName}.`);
        }
      }),
    );

  program
    .command('db:uri')
    .description("print the database's connection string, for mongosh and others; with its password, if it has one")
    .action(() => inOneLine(async () => console.log(await connectionString(loadSettings()))));

  program
    .command('db:cache')
    .description('list where the embedded database is installed on this machine, for all checkouts, and its size')
    .option('--remove', 'remove all that no running database uses; what is needed is installed again')
    .action((options: { remove?: true }) =>
      inOneLine(async () => {
        const { cacheHome } = loadSettings();
        const installed = installations(cacheHome);
        if (installed.length === 0) console.error('Nothing is installed.');
        for (const { path, size } of installed) console.log(`${path} (${size})`);
        if (options.remove && installed.length > 0) {
          await removeInstallations(cacheHome);
          console.error('Removed.');
        }
      }),
    );

  program
    .command('shell')
    .description('a REPL with db, the models and settings')
    .action(() =>
      withDatabase(async (database) => {
        await initialiseIfEmpty(database, resources);
        const models = resources.map(({ model }) => model(database.connection));
        await runShell(database.connection, models, database.settings);
      }),
    );
}
