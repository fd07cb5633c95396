import { createInterface } from 'node:readline/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { compare, describe, possibleRenames, possiblyRenamed, render } from '../migrate/autogenerate/index.ts';
import { inWords, readState } from '../migrate/run/index.ts';
import { hasConstraints } from '../migrate/operations/index.ts';
import { checkLive, replay, withModel } from '../migrate/plan/index.ts';
import { MIGRATIONS, subjectOf, type OpenDatabase } from '../migrations.ts';
import { OperatorError } from '../operator-error.ts';
import { description } from './arguments.ts';
import { withDatabase } from './context.ts';
import { create } from './create-migration.ts';
import { example } from './usage.ts';

/** `migrate:new`, like Alembic's `revision --autogenerate`. */
export function addMigrateNew(program: Command): void {
  program
    .command('migrate:new')
    .argument('<description>', 'what changes, in a few words', description)
    .allowUnknownOption() // so that a description may begin with a dash
    .option(
      '--rename <old=new...>',
      'what was renamed: a field (engines.thrust=force) or a collection (engines=motors)',
      rename,
    )
    .description('Write the migration from what the earlier ones produce to what the models declare.')
    .addHelpText('after', example('"add lastFired"'))
    .action((description: string, { rename: renames = {} }: { rename?: Record<string, string> }) =>
      withDatabase((database) => writeNew(database, description, renames)),
    );
}

async function writeNew(database: OpenDatabase, description: string, given: Record<string, string>): Promise<void> {
  const { report } = database;
  const subject = subjectOf(database);
  const { client, models: after, withoutModel } = subject;
  const state = await readState(database.db, MIGRATIONS);
  const { shapes, failed } = await replay(state.files, client, MIGRATIONS);
  const before = withModel(shapes, withoutModel);
  const [first] = failed;
  if (first) throw new OperatorError(inWords(first));
  for (const finding of await checkLive(state, subject)) report(inWords(finding));
  const collections = possiblyRenamed(before, after).filter(({ from, to }) => !isGiven(given, from, to));
  const moved = {
    ...given,
    ...(await askFor(
      collections.map(({ from, to }) => ({ from, to, target: to })),
      report,
    )),
  };
  const fields = possibleRenames(compare(before, after, moved)).map(({ collection, from, to }) => ({
    from: `${collection}.${from}`,
    to,
    target: `${collection}.${to}`,
  }));
  const renames = { ...moved, ...(await askFor(fields, report)) };
  const changes = compare(before, after, renames);
  if (changes.length === 0) return report('Nothing to write: the migrations already produce what the models declare.');
  for (const change of changes) report(`- ${describe(change)}`);
  const { text, needsEdit } = render(description, changes, before, after);
  await create(MIGRATIONS, description, text);
  for (const { kind, collection } of changes)
    if (kind === 'removeCollection')
      report(`To keep ${collection}, delete the new file and add '${collection}' to WITHOUT_MODEL in src/models.ts.`);
  for (const what of needsEdit) report(`You must write this part yourself: ${what}`);
  const isGuaranteed = (collection: string) =>
    before.some(({ name, options }) => name === collection && options?.['validationLevel'] === 'constraint');
  if (changes.some(({ collection }) => !isGuaranteed(collection)) && (await hasConstraints(database.db)))
    report(
      'This server can guarantee that all documents are valid: add setValidationLevel as the last step, see docs/migrations.md.',
    );
}

const isGiven = (given: Record<string, string>, from: string, to: string) =>
  given[from] !== undefined || Object.values(given).includes(to);

/** A possible rename: the old name, the new name as `--rename` takes it, and the new name in full. */
interface Candidate {
  from: string;
  to: string;
  target: string;
}

/** Asks which of them are renames. Without a terminal it prints how to say that with `--rename`. */
async function askFor(
  candidates: readonly Candidate[],
  report: (line: string) => void,
): Promise<Record<string, string>> {
  const renames: Record<string, string> = {};
  const terminal = process.stdin.isTTY ? createInterface({ input: process.stdin, output: process.stderr }) : undefined;
  try {
    const taken = new Set<string>();
    for (const { from, to, target } of candidates) {
      if (renames[from] !== undefined || taken.has(target)) continue;
      const answer = await terminal?.question(`Was ${from} renamed to ${to}? [y/N] `);
      if (answer?.toLowerCase().startsWith('y')) {
        renames[from] = to;
        taken.add(target);
      } else if (!terminal)
        report(`If ${from} was renamed to ${to}, delete the new file and run this again with --rename ${from}=${to}.`);
    }
  } finally {
    terminal?.close();
  }
  return renames;
}

/** Reads `old=new`: `old` is a collection, or a collection and a field. @throws {InvalidArgumentError} for anything else */
function rename(text: string, previous: Record<string, string> = {}): Record<string, string> {
  const [from = '', to = '', ...more] = text.split('=');
  if (from === '' || to === '' || more.length > 0)
    throw new InvalidArgumentError(
      'Use COLLECTION.FIELD=NEW or COLLECTION=NEW, for example engines.thrust=force or engines=motors.',
    );
  return { ...previous, [from]: to };
}
