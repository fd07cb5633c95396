import type { Command } from 'commander';
import {
  leaseOptions,
  readHolder,
  readState,
  resume,
  rollback,
  setControl,
  stamp,
  takeLease,
  to,
} from '../migrate/run/index.ts';
import { listArchives, purgeArchive, type Archive } from '../migrate/operations/index.ts';
import { migrating, MIGRATIONS, type OpenDatabase } from '../migrations.ts';
import { wholeNumber } from './arguments.ts';
import { withDatabase } from './context.ts';
import { folderOf, migrate, withSafetyOptions, type Options } from './migrating.ts';

/** The `migrate:*` commands that migrate, and steer what migrates. */
export function addMigrateCommands(program: Command): void {
  withSafetyOptions(program.command('migrate:to'))
    .argument('<target>', 'head, base, the name of a migration or its beginning, +N or -N')
    .description('migrate up or down to a place; after npm run it needs --: npm run migrate:to -- -1')
    .option('--migrations-dir <path>', 'use other migrations than those of the project')
    .allowUnknownOption() // so that -1 is an argument
    .action((target: string, options: Options) =>
      withDatabase((context) => migrate(context, `to ${target}`, to(folderOf(options), target), options)),
    );

  program
    .command('migrate:stamp')
    .argument('<target>', 'as for migrate:to')
    .description('mark migrations as applied or not, and run none of them')
    .allowUnknownOption()
    .action((target: string) => withDatabase((context) => migrate(context, `stamp ${target}`, stamp(target))));

  program
    .command('migrate:pause')
    .description('let the backfills that run stand still after their batch, or go slower')
    .option('--rate <documents>', 'most documents per second, instead of none', wholeNumber)
    .action(({ rate }: { rate?: number }) =>
      withDatabase(({ db }) => setControl(db, rate === undefined ? { paused: true } : { rate })),
    );

  withSafetyOptions(program.command('migrate:resume'))
    .description('let paused or slowed backfills go on; go on with a migration that failed or was killed')
    .action((options: Options) =>
      withDatabase(async (context) => {
        const { db } = context;
        await setControl(db, {});
        const { unfinished } = await readState(db, MIGRATIONS);
        const isRunning = (await readHolder(db)) !== undefined;
        if (isRunning || unfinished.length === 0) return console.error('Backfills may go on.');
        await migrate(context, 'resume', resume(MIGRATIONS), options);
      }),
    );

  program
    .command('migrate:purge')
    .argument('[archive]', 'the archive; without it all are listed')
    .description('delete for good what migrations took away, so that none of them can bring it back')
    .option('--json', 'as JSON', false)
    .action((archive: string | undefined, { json }: { json: boolean }) =>
      withDatabase(async (database) => {
        const { db } = database;
        const found = archive === undefined ? await listArchives(db) : [await purge(database, archive)];
        if (json) return console.log(JSON.stringify(found));
        for (const { name, documents } of found) console.log(`${name}: ${documents} documents`);
        console.error(archive === undefined ? `Archives: ${found.length}.` : 'Purged.');
      }),
    );

  withSafetyOptions(program.command('migrate:rollback'))
    .description('take back a migration that failed or was killed')
    .action((options: Options) =>
      withDatabase((context) => migrate(context, 'rollback', rollback(MIGRATIONS), options)),
    );
}

/** Under the lease, so that no migration is bringing its values back. */
async function purge(database: OpenDatabase, archive: string): Promise<Archive> {
  const lease = await takeLease(database.db, leaseOptions(migrating(database, `purge ${archive}`)));
  try {
    return await purgeArchive(database.db, archive);
  } finally {
    await lease.release();
  }
}
