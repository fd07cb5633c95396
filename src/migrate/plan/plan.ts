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

/** What a migration will do, found by running it on a client that sends no write. */
export interface Plan {
  file: string;
  direction: 'up' | 'down';
  steps: PlannedStep[];
  unsafe: Unsafe[];
  /** Whether values that are stored are taken away. */
  isDestructive: boolean;
  /** How it is taken back. */
  undo: string;
}

interface Subject {
  client: MongoClient;
  databaseName: string;
  folder: string;
  models: readonly CollectionShape[];
}

/**
 * Plans migrations, in order, one on top of the other. Nothing is written.
 * What one does to documents is not seen by the next.
 */
export async function planMigrations(
  files: readonly MigrationFile[],
  subject: Subject,
  direction: 'up' | 'down' = 'up',
): Promise<Plan[]> {
  const { client, databaseName } = subject;
  const catalog = await readCatalog(client.db(databaseName));
  const touched: Touched = new Map();
  const secondsFor = estimator(client.db(databaseName));
  const plans: Plan[] = [];
  for (const file of files) plans.push(await planOne(file, subject, direction, { catalog, touched, secondsFor }));
  return plans;
}

/**
 * Lets a migration pass that has no unsafe step but those that are forced.
 * @throws {OperatorError} with each unsafe step and the safe way
 */
export function requireSafe({ file, unsafe: all }: Plan, forced: readonly string[]): void {
  const unsafe = all.filter(({ name }) => !forced.includes(name));
  if (unsafe.length === 0) return;
  const told = unsafe.map(
    ({ name, message, recipe }) =>
      `it ${message} The safe way:\n\n${indent(recipe)}\n\nOr do it all the same: npm run migrate:to -- head --force-unsafe ${name}`,
  );
  throw new OperatorError(`${file} was not begun: ${told.join('\n')}`);
}

const indent = (text: string) => text.replaceAll(/^/gm, '  ');

/** What is known from the files that were planned before. */
interface SoFar {
  catalog: Catalog;
  touched: Touched;
  secondsFor: ReturnType<typeof estimator>;
}

async function planOne(
  file: MigrationFile,
  { client, databaseName, folder, models }: Subject,
  direction: 'up' | 'down',
  { catalog, touched, secondsFor }: SoFar,
): Promise<Plan> {
  const db = client.db(databaseName);
  const migration = await loadMigration(folder, file);
  const undo = direction === 'up' ? undoOf(migration) : 'undone by its up';
  const plan: Plan = { file: file.name, direction, steps: [], unsafe: [], isDestructive: false, undo };
  const options = (name: string): Document => catalog.get(name)?.options ?? {};
  for (const event of await record(migration[direction], client, databaseName, catalog)) {
    if (isBookkeeping(event.collection ?? '')) continue;
    if (isOfArchives(event)) continue;
    plan.steps.push(describeStep(event, await secondsFor(event)));
    for (const { write, filter } of writesOf(event)) {
      // Going back to an older version is what takes the fields of this one.
      if (direction === 'up') plan.unsafe.push(...(await unsafeSteps(write, { db, models, touched, options })));
      plan.isDestructive ||= isDestructive(write);
      note(touched, write, filter);
    }
  }
  return plan;
}

/** Whether a step concerns archives alone: what is kept in them belongs to the step that it is kept for. */
function isOfArchives(event: PlanEvent): boolean {
  if (!isArchive(event.collection ?? '')) return false;
  if ('label' in event) return event.documents === 0;
  return event.operation !== 'rename' || isArchive(String(event.parameters[0]));
}

function undoOf({ down }: Migration): string {
  return /\{\s*throw\b/.test(String(down)) ? 'it cannot be undone: its down throws' : 'undone by its down';
}
