import type { Command } from 'commander';
import { seed } from '../database/seed.ts';
import { engineModel } from '../engines/model.ts';
import { sampleEngine } from '../engines/sample.ts';
import { initialise, initialiseIfEmpty } from '../initialise.ts';
import { OperatorError } from '../operator-error.ts';
import { runShell } from '../shell.ts';
import { wholeNumber } from './arguments.ts';
import { withDatabase } from './context.ts';

/** `db:init`, `db:seed` and `shell`. */
export function addDatabaseCommands(program: Command): void {
  program
    .command('db:init')
    .description('make the collections, validators and indexes of the models; drops and changes nothing')
    .option('--json', 'print the findings as JSON')
    .action((options: { json?: true }) =>
      withDatabase(async (database) => {
        const findings = await initialise(database);
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

  program
    .command('db:seed')
    .description('store sample engines')
    .option('--count <number>', 'how many', wholeNumber, 1000)
    .option('--months <number>', 'over how many months, up to the start of this day (UTC)', wholeNumber, 6)
    .option('--seed <number>', 'the same number gives the same data on the same day', wholeNumber, 1)
    .option('--append', 'although there are engines already', false)
    .option('--force', 'although NODE_ENV is production', false)
    .action((options: { count: number; months: number; seed: number; append: boolean; force: boolean }) =>
      withDatabase(async (database) => {
        const { db, connection, settings } = database;
        if (settings.nodeEnv === 'production' && !options.force)
          throw new OperatorError('NODE_ENV is production: sample data does not belong there. Add --force if it does.');
        await initialiseIfEmpty(database);
        const now = new Date(new Date().setUTCHours(0, 0, 0, 0));
        const engines = db.collection(engineModel(connection).collection.collectionName);
        await seed(engines, options.append, { ...options, now, make: sampleEngine });
      }),
    );

  program
    .command('shell')
    .description('a REPL with db, Engine and settings')
    .action(() =>
      withDatabase(async (database) => {
        await initialiseIfEmpty(database);
        await runShell(database.connection, database.settings);
      }),
    );
}
