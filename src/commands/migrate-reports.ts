import type { Command } from 'commander';
import { down, findingsOf, inWords, readHistory, readState, unusableIn } from '../migrate/run/index.ts';
import { checkLive, checkModels, planMigrations, type Plan } from '../migrate/plan/index.ts';
import { MIGRATIONS, subjectOf } from '../migrations.ts';
import { withDatabase } from './context.ts';
import { showStatus } from './migration-status.ts';
import { table } from './table.ts';

/** The `migrate:*` commands that look, and change nothing. */
export function addMigrationReports(program: Command): void {
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
      withDatabase(async (database) => {
        const subject = subjectOf(database);
        const state = await readState(database.db, MIGRATIONS);
        const findings = await findingsOf(state, MIGRATIONS);
        const unusable = unusableIn(findings);
        findings.push(...(await checkLive(state, subject, unusable)));
        findings.push(...(await checkModels(state.files, subject, unusable)));
        if (json) console.log(JSON.stringify(findings));
        else for (const finding of findings) console.log(`${finding.rule}: ${inWords(finding)}`);
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
    .command('migrate:plan')
    .description('what the pending migrations will do; nothing is written')
    .option('--down', 'what down will do: take back the last one that is applied', false)
    .option('--json', 'as JSON', false)
    .action((options: { down: boolean; json: boolean }) =>
      withDatabase(async (database) => {
        const { json } = options;
        const state = await readState(database.db, MIGRATIONS);
        const last = options.down ? await down(MIGRATIONS, false)(state) : [];
        const files = options.down ? last.map(({ file }) => file) : state.pending;
        const plans = await planMigrations(files, subjectOf(database), options.down ? 'down' : 'up');
        if (json) return console.log(JSON.stringify(plans));
        for (const plan of plans) console.log(describePlan(plan));
        if (plans.length === 0) console.error(options.down ? 'Nothing is applied.' : 'Nothing is pending.');
      }),
    );
}

function describePlan({ file, direction, steps, unsafe, undo }: Plan): string {
  const rows = steps.map(({ collection, what, documents, blocks, seconds }) => [
    collection ?? '',
    what,
    documents === undefined ? '' : String(documents),
    blocks,
    `${seconds} s`,
  ]);
  const dangers = unsafe.map(({ name, message, recipe }) => `unsafe (${name}): it ${message} The safe way:\n${recipe}`);
  const heading = ['Collection', 'What', 'Documents', 'Blocks', 'About'];
  const all = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  return [`${direction} ${file} (about ${all} s; ${undo})`, table(heading, rows), ...dangers, ''].join('\n');
}
