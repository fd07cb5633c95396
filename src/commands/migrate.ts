import { InvalidArgumentError, type Command } from 'commander';
import { readHolder } from '../migrate/lease.ts';
import { readHistory } from '../migrate/journal.ts';
import { setControl } from '../migrate/pace.ts';
import { findingsOf, readState } from '../migrate/runner.ts';
import { resume, rollback, stamp, to } from '../migrate/verbs.ts';
import { MIGRATIONS } from '../migrations.ts';
import { withDatabase } from './context.ts';
import { migrate } from './migrating.ts';
import { showStatus } from './migration-status.ts';
import { table } from './table.ts';

/** `migrate:*`: what bare migrate-mongo lacks. */
export function addMigrateCommands(program: Command): void {
  program
    .command('migrate:status')
    .description('every migration and what became of it')
    .option('--watch', 'again every second, until nobody migrates', false)
    .option('--json', 'as JSON', false)
    .action((options: { watch: boolean; json: boolean }) =>
      withDatabase(({ db }) => showStatus(db, { ...options, folder: MIGRATIONS })),
    );

  program
    .command('migrate:check')
    .description('whether the migrations are sound; exits with 1 if something is wrong')
    .option('--json', 'print the findings as JSON', false)
    .action(({ json }: { json: boolean }) =>
      withDatabase(async ({ db }) => {
        const findings = await findingsOf(await readState(db, MIGRATIONS), MIGRATIONS);
        if (json) console.log(JSON.stringify(findings));
        else
          for (const { rule, file, message, remedy } of findings) console.log(`${rule}: ${file} ${message} ${remedy}`);
        if (findings.length > 0) process.exitCode = 1;
        else console.error('All is sound.');
      }),
    );

  program
    .command('migrate:history')
    .description('every run of every migration, oldest first')
    .option('--json', 'as JSON', false)
    .action(({ json }: { json: boolean }) =>
      withDatabase(async ({ db }) => {
        const { entries } = await readHistory(db);
        if (json) return console.log(JSON.stringify(entries));
        const rows = entries.map(({ _id, startedAt, endedAt, fileName, action, state, owner, error = '' }) => [
          String(_id),
          startedAt.toISOString(),
          endedAt ? `${(endedAt.getTime() - startedAt.getTime()) / 1000} s` : '',
          `${action} ${state}`,
          fileName,
          `${owner.host}:${owner.pid}`,
          error,
        ]);
        console.log(table(['No.', 'Started', 'Took', 'What', 'Filename', 'By', 'Error'], rows));
      }),
    );

  program
    .command('migrate:to')
    .argument('<target>', 'head, base, the name of a migration or its beginning, +N or -N')
    .description('migrate up or down to a place; after npm run it needs --: npm run migrate:to -- -1')
    .allowUnknownOption() // so that -1 is an argument
    .action((target: string) => withDatabase((context) => migrate(context, `to ${target}`, to(MIGRATIONS, target))));

  program
    .command('migrate:stamp')
    .argument('<target>', 'as for migrate:to')
    .description('mark migrations as applied or not, and run none of them')
    .allowUnknownOption()
    .action((target: string) =>
      withDatabase((context) => migrate(context, `stamp ${target}`, stamp(MIGRATIONS, target))),
    );

  program
    .command('migrate:pause')
    .description('let the backfills that run stand still after their batch, or go slower')
    .option('--rate <documents>', 'most documents per second, instead of none', positive)
    .action(({ rate }: { rate?: number }) =>
      withDatabase(({ db }) => setControl(db, rate === undefined ? { paused: true } : { rate })),
    );

  program
    .command('migrate:resume')
    .description('let paused or slowed backfills go on; go on with a migration that failed or was killed')
    .action(() =>
      withDatabase(async (context) => {
        const { db } = context;
        await setControl(db, {});
        const { unfinished } = await readState(db, MIGRATIONS);
        const isRunning = (await readHolder(db)) !== undefined;
        if (isRunning || unfinished.length === 0) return console.error('Backfills may go on.');
        await migrate(context, 'resume', resume(MIGRATIONS));
      }),
    );

  program
    .command('migrate:rollback')
    .description('take back a migration that failed or was killed')
    .action(() => withDatabase((context) => migrate(context, 'rollback', rollback(MIGRATIONS))));
}

function positive(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
