import type { Command } from 'commander';
import { readHolder } from '../migrate/lease.ts';
import { setControl } from '../migrate/pace.ts';
import { rehearse } from '../migrate/rehearse.ts';
import { readState } from '../migrate/runner.ts';
import { resume, rollback, stamp, to } from '../migrate/verbs.ts';
import { migrating, MIGRATIONS } from '../migrations.ts';
import { wholeNumber } from './arguments.ts';
import { withDatabase } from './context.ts';
import { migrate, withSafetyOptions, type Options } from './migrating.ts';

/** The `migrate:*` commands that migrate, and steer what migrates. */
export function addMigrateCommands(program: Command): void {
  withSafetyOptions(program.command('migrate:to'))
    .argument('<target>', 'head, base, the name of a migration or its beginning, +N or -N')
    .description('migrate up or down to a place; after npm run it needs --: npm run migrate:to -- -1')
    .allowUnknownOption() // so that -1 is an argument
    .action((target: string, options: Options) =>
      withDatabase((context) => migrate(context, `to ${target}`, to(MIGRATIONS, target), options)),
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

  withSafetyOptions(program.command('migrate:rollback'))
    .description('take back a migration that failed or was killed')
    .action((options: Options) =>
      withDatabase((context) => migrate(context, 'rollback', rollback(MIGRATIONS), options)),
    );

  program
    .command('migrate:rehearse')
    .description('try the pending migrations on a copy of the database: up, down and up again')
    .option('--json', 'as JSON', false)
    .action(({ json }: { json: boolean }) =>
      withDatabase(async (database) => {
        const { files, took, differences } = await rehearse(migrating(database, 'rehearse'));
        if (json) console.log(JSON.stringify({ files, took, differences }));
        else {
          for (const [part, milliseconds] of Object.entries(took)) console.log(`${part}: ${milliseconds / 1000} s`);
          for (const difference of differences) console.log(`different: ${difference}`);
        }
        if (differences.length > 0) process.exitCode = 1;
        else
          console.error(files.length === 0 ? 'Nothing is pending.' : `${files.join(', ')}: all came back as it was.`);
      }),
    );
}
