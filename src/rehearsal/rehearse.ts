import type { Db } from 'mongodb';
import { copyDatabase, copyDocuments, sweepScratch, withScratch } from '../database/index.ts';
import { lastApplied, readState, run, stepsTo, type Migrating } from '../migrate/run/index.ts';
import { OperatorError, sentence } from '../operator-error.ts';
import { differencesBetween, replacedWhileEmpty, type Difference } from './differences.ts';
import { fingerprint, type Print } from './fingerprint.ts';

/** The result of a rehearsal. */
export interface Rehearsal {
  /** The migrations that were tried. */
  files: string[];
  /** Milliseconds of each part, over all files: `copy`, `up`, `down`, `up again`. */
  took: Record<string, number>;
  /** The differences that should not be there; empty if all is well. */
  differences: RehearsedDifference[];
}

/** Longer than a rehearsal takes. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

type When = 'after down' | 'after the second up';

/** A difference, with the migration and the moment. */
interface RehearsedDifference extends Difference {
  file: string;
  when: When;
}

/** Fills the scratch database with what is to be migrated there. */
type Fill = (scratch: Db, signal: AbortSignal) => Promise<unknown>;

/**
 * Tries the pending migrations one by one on a copy of the database: up, down and up again, and compares the whole copy
 * each time. The copy is dropped in the end.
 *
 * Hashes are compared, one for each collection. Where some differ, all is done once more from a new copy, and copies of
 * these collections are kept, to find the fields that differ.
 * @param fill fills the scratch database with something else than a copy: a backup
 * @throws {OperatorError} if a migration fails, or the command is interrupted
 */
export async function rehearse(context: Migrating, fill?: Fill): Promise<Rehearsal> {
  const { client, databaseName, folder, report } = context;
  await sweepScratch(client, report);
  const source = client.db(databaseName);
  if (!fill && (await pendingOf(source, folder)).files.length === 0) return { files: [], took: {}, differences: [] };
  const filling: Fill = fill ?? ((scratch, signal) => copyDatabase(source, scratch, signal, report));
  const first = await attempt(context, filling);
  const unclear = first.differences.filter(({ part, example }) => part === 'documents' && example === undefined);
  if (unclear.length === 0) return first;
  report('Rehearsal: once more, to find the fields that differ ...');
  const second = await withScratch(client, 'rehearsal', report, (aside) =>
    attempt(context, filling, { db: aside, wanted: unclear }),
  );
  // A migration that does something else each time may make no difference the second time.
  return second.differences.length > 0 ? second : first;
}

/** Where documents are kept for comparison, and for which differences. */
interface Aside {
  db: Db;
  wanted: readonly RehearsedDifference[];
}

async function attempt(context: Migrating, fill: Fill, aside?: Aside): Promise<Rehearsal> {
  const { client, folder, report } = context;
  return withScratch(client, 'rehearsal', report, async (scratch, signal) => {
    const took: Record<string, number> = {};
    const timed = async (part: string, file: string, action: () => Promise<unknown>) => {
      report(`Rehearsal on ${scratch.databaseName}: ${part} ${file}...`);
      const start = performance.now();
      await action();
      took[part] = (took[part] ?? 0) + Math.round(performance.now() - start);
    };
    const move = (action: string, file: string, target: string) =>
      timed(action, `${file} `, () =>
        run({ ...context, databaseName: scratch.databaseName, signal }, (state) => stepsTo(state, target)).catch(
          (error: unknown) => {
            signal.throwIfAborted();
            throw explain(error, `the ${action} of ${file}`);
          },
        ),
      );
    await timed('copy', '', () => fill(scratch, signal));
    const { files, newest } = await pendingOf(scratch, folder);
    const differences: RehearsedDifference[] = [];
    const until = new Date(Date.now() + LONGEST_MS);
    const print = () => fingerprint(scratch, signal, until);
    let before = await print();
    for (const [index, file] of files.entries()) {
      const about = (when: When) => ({ scratch, signal, aside, file, when });
      const first = await keep(about('after down'), before);
      await move('up', file, file);
      const afterUp = await print();
      const second = await keep(about('after the second up'), afterUp);
      await move('down', file, files[index - 1] ?? newest);
      const afterDown = await print();
      const replaced = replacedWhileEmpty(before, afterUp, afterDown);
      for (const name of replaced)
        report(
          `Rehearsal: the up of ${file} moved another collection into the place of ${name}, which was empty. ` +
            `After down there is no ${name}. No document is lost.`,
        );
      differences.push(...(await compare(first, afterDown)).filter(({ collection }) => !replaced.includes(collection)));
      await move('up again', file, file);
      before = await print();
      differences.push(...(await compare(second, before)));
    }
    return { files, took, differences };
  });
}

/** An error of the runner in other words: nothing has to be undone in a copy. */
function explain(error: unknown, what: string): unknown {
  if (!(error instanceof OperatorError && error.cause instanceof Error)) return error;
  const { cause } = error;
  return new OperatorError(
    `In the rehearsal ${what} failed: ${sentence(cause.message)} The database itself was not changed.`,
    { cause },
  );
}

/** A moment in the rehearsal of one migration. */
interface Moment {
  scratch: Db;
  signal: AbortSignal;
  aside: Aside | undefined;
  file: string;
  when: When;
}

interface Kept extends Moment {
  prints: ReadonlyMap<string, Print>;
  names: ReadonlySet<string>;
}

const placeOf = ({ when }: Moment, name: string) => `${when}.${name}`;

/**
 * Keeps the state that is to be the same at that moment: hashes, and the documents of collections whose fields are
 * compared.
 */
async function keep(moment: Moment, prints: ReadonlyMap<string, Print>): Promise<Kept> {
  const { scratch, signal, aside, file, when } = moment;
  const wanted = aside?.wanted.filter((one) => one.file === file && one.when === when) ?? [];
  const names = new Set(
    wanted.map(({ collection }) => collection).filter((name) => prints.get(name)?.type === 'collection'),
  );
  for (const name of names) if (aside) await copyDocuments(scratch, name, aside.db, placeOf(moment, name), signal);
  return { ...moment, prints, names };
}

async function compare(kept: Kept, now: ReadonlyMap<string, Print>): Promise<RehearsedDifference[]> {
  const { scratch, aside, file, when, prints, names } = kept;
  const old = (name: string) => (names.has(name) ? aside?.db.collection(placeOf(kept, name)) : undefined);
  const found = await differencesBetween(prints, now, (name) => scratch.collection(name), old);
  for (const name of names) await old(name)?.drop();
  return found.map((one) => ({ ...one, file, when }));
}

/** The pending migrations, and the newest applied one. */
async function pendingOf(db: Db, folder: string): Promise<{ files: string[]; newest: string }> {
  const state = await readState(db, folder);
  if (state.unfinished.length > 0)
    throw new OperatorError('A migration stopped half-way: run npm run migrate:resume or migrate:rollback first.');
  return { files: state.pending.map(({ name }) => name), newest: lastApplied(state)?.fileName ?? 'base' };
}
