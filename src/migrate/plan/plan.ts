import type { Document, MongoClient } from 'mongodb';
import type { CollectionShape } from '../autogenerate/shape.ts';
import { loadMigration, type Migration, type MigrationFile } from '../run/files.ts';
import { OperatorError } from '../../operator-error.ts';
import { isArchive, isBookkeeping } from '../../own-collections.ts';
import { readCatalog, type Catalog } from './catalog.ts';
import { isDestructive } from './destructive.ts';
import { estimator } from './estimator.ts';
import { describeStep, type PlannedStep } from './planned-step.ts';
import { record, writesOf, type PlanEvent } from './record.ts';
import type { Unsafe } from './rule.ts';
import { note, type Touched } from './touched.ts';
import { unsafeSteps } from './unsafe.ts';

/** What has to be known before a migration runs, found by running it on a client that sends no write. */
export interface Judgement {
  file: string;
  unsafe: Unsafe[];
  /** Whether stored values are removed. */
  isDestructive: boolean;
}

/** What a migration will do, step by step, for people to read. */
export interface Plan extends Judgement {
  direction: Direction;
  steps: PlannedStep[];
  /** How it is undone. */
  undo: string;
}

type Direction = 'up' | 'down';

interface Subject {
  client: MongoClient;
  databaseName: string;
  folder: string;
  models: readonly CollectionShape[];
}

/**
 * Plans migrations, in order, one on top of the other. Nothing is written. No migration sees what another one does to
 * documents.
 * @throws {OperatorError} if a file cannot be loaded
 */
export async function planMigrations(
  files: readonly MigrationFile[],
  subject: Subject,
  direction: Direction = 'up',
): Promise<Plan[]> {
  const { client, databaseName, folder } = subject;
  const db = client.db(databaseName);
  const known = { catalog: await readCatalog(db), touched: new Map() };
  const secondsFor = estimator(db);
  const plans: Plan[] = [];
  for (const file of files) {
    const migration = await loadMigration(folder, file);
    const steps: PlannedStep[] = [];
    const judgement = await judge(migration, subject, direction, known, async (event) => {
      steps.push(describeStep(event, await secondsFor(event)));
    });
    const undo = direction === 'up' ? undoOf(migration) : 'undone by its up';
    plans.push({ file: file.name, direction, steps, ...judgement, undo });
  }
  return plans;
}

/**
 * Judges one migration by the database as it is now: no step is described, and no time estimated. Nothing is written.
 * @throws {OperatorError} if the file cannot be loaded
 */
export async function judgeMigration(file: MigrationFile, subject: Subject, direction: Direction): Promise<Judgement> {
  const { client, databaseName, folder } = subject;
  const known = { catalog: await readCatalog(client.db(databaseName)), touched: new Map() };
  const migration = await loadMigration(folder, file);
  return { file: file.name, ...(await judge(migration, subject, direction, known)) };
}

/**
 * Lets a migration pass that has no unsafe step but those that are forced.
 * @throws {OperatorError} with each unsafe step and the safe way
 */
export function requireSafe({ file, unsafe: all }: Judgement, forced: readonly string[]): void {
  const unsafe = all.filter(({ name }) => !forced.includes(name));
  if (unsafe.length === 0) return;
  const reasons = unsafe.map(
    ({ name, message, recipe }) =>
      `It ${message} The safe way:\n\n${indent(recipe)}\n\nTo run the unsafe step anyway: npm run migrate:to -- head --force-unsafe ${name}`,
  );
  throw new OperatorError(`${file} was not started. ${reasons.join('\n')}`);
}

const indent = (text: string) => text.replaceAll(/^/gm, '  ');

/** What is known from the files that were planned before. */
interface Known {
  catalog: Catalog;
  touched: Touched;
}

async function judge(
  migration: Migration,
  { client, databaseName, models }: Subject,
  direction: Direction,
  { catalog, touched }: Known,
  onStep: (event: PlanEvent) => Promise<void> = async () => {},
): Promise<Omit<Judgement, 'file'>> {
  const db = client.db(databaseName);
  const judgement: Omit<Judgement, 'file'> = { unsafe: [], isDestructive: false };
  const options = (name: string): Document => catalog.get(name)?.options ?? {};
  for (const event of await record(migration[direction], client, databaseName, catalog)) {
    if (isBookkeeping(event.collection ?? '') || isOfArchives(event)) continue;
    await onStep(event);
    for (const { write, filter } of writesOf(event)) {
      // A `down` goes back to an older version, so it removes fields of this one.
      if (direction === 'up') judgement.unsafe.push(...(await unsafeSteps(write, { db, models, touched, options })));
      judgement.isDestructive ||= isDestructive(write);
      note(touched, write, filter);
    }
  }
  return judgement;
}

/** Whether a step only concerns archives: it belongs to the step whose values are archived. */
function isOfArchives(event: PlanEvent): boolean {
  if (!isArchive(event.collection ?? '')) return false;
  if ('label' in event) return event.documents === 0;
  return event.operation !== 'rename' || isArchive(String(event.parameters[0]));
}

function undoOf({ down }: Migration): string {
  return /\{\s*throw\b/.test(String(down)) ? 'it cannot be undone: its down throws' : 'undone by its down';
}
