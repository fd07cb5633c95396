import type { Db } from 'mongodb';
import type { Command } from 'commander';
import { findingsOf, inWords, readHistory, readState, stepsDown, unusableIn } from '../migrate/run/index.ts';
import { checkCluster, checkLive, checkModels, planMigrations, type Plan } from '../migrate/plan/index.ts';
import { MIGRATIONS, subjectOf, type OpenDatabase } from '../migrations.ts';
import { withDatabase } from './context.ts';
import { showStatus } from './migration-status.ts';
import { table } from './table.ts';
import { example } from './usage.ts';

interface Options {
  json: boolean;
}

/** The `migrate:*` commands that only read. */
export function addMigrationReports(program: Command): void {
  program
    .command('migrate:status')
    .description('List every migration: pending, applied or stopped half-way.')
    .option('--watch', 'print it again every second until no process is migrating', false)
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', example('--watch'))
    .action((options: Options & { watch: boolean }) =>
      withDatabase(({ db }) => showStatus(db, { ...options, folder: MIGRATIONS })),
    );

  program
    .command('migrate:check')
    .description('Check the migrations against their files, the database and the models. Exits with 1 after a problem.')
    .option('--json', 'print the problems as JSON', false)
    .addHelpText('after', example('--json'))
    .action((options: Options) => withDatabase((database) => check(database, options)));

  program
    .command('migrate:history')
    .description('List every run of every migration, oldest first.')
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', example('--json'))
    .action((options: Options) => withDatabase(({ db }) => showHistory(db, options)));

  program
    .command('migrate:plan')
    .description('Show what the pending migrations will do. Writes nothing.')
    .option('--down', 'show what down will do: undo the last one that is applied', false)
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', example())
    .action((options: Options & { down: boolean }) => withDatabase((database) => showPlans(database, options)));
}

async function check(database: OpenDatabase, { json }: Options): Promise<void> {
  const subject = subjectOf(database);
  const state = await readState(database.db, MIGRATIONS);
  const findings = await findingsOf(state);
  const unusable = unusableIn(findings);
  findings.push(...(await checkLive(state, subject, unusable)));
  findings.push(...(await checkModels(state.files, subject, unusable)));
  findings.push(...(await checkCluster(database.db, database.report)));
  if (json) console.log(JSON.stringify(findings));
  else for (const finding of findings) console.log(`${finding.rule}: ${inWords(finding)}`);
  const { applied, pending } = state;
  if (findings.length > 0) process.exitCode = 1;
  else console.error(`No problems found (${applied.length} applied, ${pending.length} pending)`);
}

async function showHistory(db: Db, { json }: Options): Promise<void> {
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
  console.log(table(['No.', 'Started', 'Took', 'Action', 'Filename', 'Process', 'Error'], rows));
}

async function showPlans(database: OpenDatabase, { json, down: isDown }: Options & { down: boolean }): Promise<void> {
  const state = await readState(database.db, MIGRATIONS);
  const last = isDown ? await stepsDown(state) : [];
  const files = isDown ? last.map(({ file }) => file) : state.pending;
  const plans = await planMigrations(files, subjectOf(database), isDown ? 'down' : 'up');
  if (json) return console.log(JSON.stringify(plans));
  for (const plan of plans) console.log(describePlan(plan));
  if (plans.length === 0) console.error(isDown ? 'No migrations are applied.' : 'No migrations are pending.');
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
  const heading = ['Collection', 'Step', 'Documents', 'Blocks', 'Estimated time'];
  const all = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  return [`${direction} ${file} (about ${all} s; ${undo})`, table(heading, rows), ...dangers, ''].join('\n');
}
