import type { Command } from 'commander';
import {
  readMigrator,
  readState,
  setControl,
  stepsTo,
  stepsToResume,
  stepsToRollBack,
  stepsToStamp,
  withRun,
} from '../migrate/run/index.ts';
import { listArchives, purgeArchive, type Archive } from '../migrate/operations/index.ts';
import { migrating, MIGRATIONS, type OpenDatabase } from '../migrations.ts';
import { wholeNumber } from './arguments.ts';
import { withDatabase } from './context.ts';
import { counted } from './counted.ts';
import { migrate, withSafetyOptions, type Options } from './migrating.ts';
import { example } from './usage.ts';

/** The `migrate:*` commands that run migrations, or control how they run. */
export function addMigrateCommands(program: Command): void {
  withSafetyOptions(program.command('migrate:to'))
    .argument('<target>', 'head (all), base (none), the name of a migration or how it begins, +N or -N')
    .description('Migrate up or down until this migration and all before it are applied, and no other.')
    .option('--migrations-dir <path>', 'use the migrations in this folder')
    .allowUnknownOption() // so that -1 is an argument
    .addHelpText('after', example('-1'))
    .action((target: string, options: Options) =>
      withDatabase((context) => migrate(context, `to ${target}`, (state) => stepsTo(state, target), options)),
    );

  program
    .command('migrate:stamp')
    .argument('<target>', 'as for migrate:to: head, base, a name, +N or -N')
    .description('Mark migrations as applied or pending without running them.')
    .allowUnknownOption()
    .addHelpText('after', example('head'))
    .action((target: string) =>
      withDatabase((context) => migrate(context, `stamp ${target}`, (state) => stepsToStamp(state, target))),
    );

  program
    .command('migrate:pause')
    .description('Pause running backfills after their current batch, or slow them down.')
    .option('--rate <documents>', 'at most this many documents per second, instead of a pause', wholeNumber)
    .addHelpText('after', example('--rate 500'))
    .action(({ rate }: { rate?: number }) =>
      withDatabase(async ({ db }) => {
        await setControl(db, rate === undefined ? { paused: true } : { paused: false, rate });
        const what = rate === undefined ? 'paused' : `limited to ${rate} documents per second`;
        console.error(`Backfills ${what}. npm run migrate:resume ends that.`);
      }),
    );

  withSafetyOptions(program.command('migrate:resume'))
    .description('Resume paused or slowed backfills, and continue a migration that failed or was killed.')
    .addHelpText('after', example())
    .action((options: Options) =>
      withDatabase(async (context) => {
        const { db } = context;
        await setControl(db, { paused: false, rate: null });
        const { unfinished } = await readState(db, MIGRATIONS);
        const isRunning = (await readMigrator(db)) !== undefined;
        if (isRunning || unfinished.length === 0) return console.error('Backfills resumed');
        await migrate(context, 'resume', stepsToResume, options);
      }),
    );

  addPurge(program);

  withSafetyOptions(program.command('migrate:rollback'))
    .description('Revert a migration that failed or was killed.')
    .addHelpText('after', example())
    .action((options: Options) => withDatabase((context) => migrate(context, 'rollback', stepsToRollBack, options)));
}

function addPurge(program: Command): void {
  program
    .command('migrate:purge')
    .argument('[archive]', 'the archive; without it all archives are listed')
    .description('Delete for good the values that migrations removed. Reverting them cannot bring these back.')
    .option('--json', 'print the archives as JSON', false)
    .addHelpText('after', example())
    .action((archive: string | undefined, { json }: { json: boolean }) =>
      withDatabase(async (database) => {
        const found = archive === undefined ? await listArchives(database.db) : [await purge(database, archive)];
        if (json) return console.log(JSON.stringify(found));
        for (const { name, documents } of found) console.log(`${name}: ${counted(documents, 'document')}`);
        console.error(archive === undefined ? `${counted(found.length, 'archive')}.` : 'Deleted for good.');
      }),
    );
}

/** Deletes an archive under the lease, so that no migration is restoring values from it meanwhile. */
const purge = (database: OpenDatabase, archive: string): Promise<Archive> =>
  withRun(migrating(database, `purge ${archive}`), () => purgeArchive(database.db, archive));
