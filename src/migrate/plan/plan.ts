import type { Document, MongoClient } from 'mongodb';
import type { CollectionShape } from '../autogenerate/shape.ts';
import { loadMigration, type Migration, type MigrationFile, type Step } from '../files.ts';
import { OperatorError } from '../../operator-error.ts';
import { isArchive, isBookkeeping } from '../../own-collections.ts';
import type { PlannedBackfill } from '../run-context.ts';
import { readCatalog, type Catalog } from './catalog.ts';
import { isDestructive } from './destructive.ts';
import { recordingClient, type Recorded } from './recorder.ts';
import type { Unsafe } from './rule.ts';
import { indexesOf } from './stored-documents.ts';
import { note, type Touched } from './touched.ts';
import { unsafeSteps } from './unsafe.ts';

/** One thing that a migration does. */
interface PlannedStep {
  collection: string | null;
  /** As somebody would say it: `adds a unique index on {"title":1}`. */
  what: string;
  /** How many documents it touches, where that is known. */
  documents?: number;
  /** Whether others wait for it. */
  blocks: 'no' | 'for a moment';
  /** About how long it takes, from a sample; absent where there was nothing to measure. */
  seconds?: number;
}

/** What a migration will do, found by running it on a client that sends no write. */
export interface Plan {
  file: string;
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
 * Reading and converting is measured; writing makes the whole so many times longer, by what was tried on MongoDB's own
 * engine and on SecantusDB: 1.3 to 7.7 where a batch is one update, 8 to 13 where each document has one of its own.
 */
const WRITING = { together: 4, apart: 10 };

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
  const plans: Plan[] = [];
  for (const file of files) plans.push(await planOne(file, subject, direction, catalog, touched));
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

async function planOne(
  file: MigrationFile,
  { client, databaseName, folder, models }: Subject,
  direction: 'up' | 'down',
  catalog: Catalog,
  touched: Touched,
): Promise<Plan> {
  const db = client.db(databaseName);
  const migration = await loadMigration(folder, file);
  const plan: Plan = { file: file.name, steps: [], unsafe: [], isDestructive: false, undo: undoOf(migration) };
  const options = (name: string): Document => catalog.get(name)?.options ?? {};
  for (const event of await record(migration[direction], client, databaseName, catalog)) {
    if (isBookkeeping(event.collection ?? '')) continue;
    if (isOfArchives(event)) continue;
    plan.steps.push('label' in event ? describeBackfill(event) : describe(event));
    for (const write of 'label' in event ? [writeOf(event), ...event.beside] : [event]) {
      plan.unsafe.push(...(await unsafeSteps(write, { db, models, touched, options })));
      plan.isDestructive ||= isDestructive(write);
      note(touched, write, 'label' in event ? filterOf(event, write) : undefined);
    }
  }
  return plan;
}

/** Whether a step concerns archives alone: what is kept in them belongs to the step that it is kept for. */
function isOfArchives(event: Recorded | RecordedBackfill): boolean {
  if (!isArchive(event.collection ?? '')) return false;
  if ('label' in event) return event.documents === 0;
  return event.operation !== 'rename' || isArchive(String(event.parameters[0]));
}

/** A backfill, and what it writes beside its batches to other collections. */
type RecordedBackfill = PlannedBackfill & Pick<Recorded, 'stored'> & { beside: Recorded[] };

/** The writes of a backfill's sample stand for those of all its documents. */
const writeOf = ({ collection, stored, documents, sample }: RecordedBackfill): Recorded => ({
  collection,
  operation: 'bulkWrite',
  parameters: [sample.writes],
  documents,
  ...(stored !== undefined && { stored }),
});

/** What a backfill writes beside its batches may be about any document. */
const filterOf = ({ collection, filter }: RecordedBackfill, write: Recorded): Document =>
  write.collection === collection ? filter : {};

/** Runs one direction of a migration without a write. @returns what it would have done, in order */
export async function record(step: Step, client: MongoClient, databaseName: string, catalog: Catalog) {
  const events: (Recorded | RecordedBackfill)[] = [];
  // What a sample writes beside its batch belongs to the backfill, not to the steps.
  let inSample: Recorded[] | undefined;
  const note = (write: Recorded) => void (inSample ?? events).push(write);
  const sample = async (take: () => Promise<PlannedBackfill>) => {
    const beside: Recorded[] = [];
    inSample = beside;
    const backfill = await take();
    inSample = undefined;
    const stored = catalog.get(backfill.collection)?.stored;
    events.push({
      ...backfill,
      ...(stored !== undefined && { stored }),
      beside: beside.filter(({ collection }) => !isArchive(collection ?? '')),
    });
  };
  const recording = recordingClient(client, databaseName, catalog, note, sample);
  await step(recording.db(databaseName), recording);
  return events;
}

const MOMENTARY = /collMod|rename|^drop|createIndex|^create|command create|command drop/;

function describe({ collection, operation, parameters, documents }: Recorded): PlannedStep {
  const [first, second] = parameters;
  const blocks = MOMENTARY.test(operation) ? 'for a moment' : 'no';
  const step = { collection: collection ?? (typeof first === 'string' ? first : null), blocks } as const;
  const count = documents === undefined ? {} : { documents };
  if (operation === 'command collMod') return { ...step, what: describeModification(Object(first)), ...count };
  if (operation === 'createCollection') return { ...step, what: 'makes the collection' };
  if (operation === 'renameCollection') return { ...step, what: `renames the collection to ${String(second)}` };
  if (operation === 'rename') return { ...step, what: `renames the collection to ${String(first)}` };
  if (operation.startsWith('createIndex'))
    return { ...step, what: indexesOf(operation, parameters).map(describeIndex).join(', ') };
  if (operation.startsWith('dropIndex')) return { ...step, what: `drops the index ${JSON.stringify(first ?? '*')}` };
  const fields = [...new Set(Object.values(Object(second)).flatMap((one) => Object.keys(Object(one))))];
  return { ...step, what: `${operation}${operation.startsWith('update') ? ` of ${fields.join(', ')}` : ''}`, ...count };
}

function describeModification({ validator, validationLevel, prepareConstraintValidationLevel: isPrepared }: Document) {
  if (validator !== undefined) return 'sets the validator';
  if (validationLevel === 'constraint')
    return 'has the server read all documents, and guarantee from then on that each is valid (level constraint)';
  if (validationLevel !== undefined) return `sets the validation level ${validationLevel}`;
  if (isPrepared === undefined) return 'modifies the collection';
  return isPrepared === true ? 'prepares the validation level constraint' : 'gives the way to the level constraint up';
}

const describeIndex = ({ key, unique }: ReturnType<typeof indexesOf>[number]) =>
  `adds ${unique === true ? 'a unique' : 'an'} index on ${JSON.stringify(key)}`;

function describeBackfill({ label, collection, documents, sample }: PlannedBackfill): PlannedStep {
  const writing = sample.writes.length < sample.documents ? WRITING.together : WRITING.apart;
  const seconds = sample.documents === 0 ? 0 : (documents * sample.milliseconds * writing) / sample.documents / 1000;
  return { collection, what: `backfill "${label}", in batches`, documents, blocks: 'no', seconds: Math.ceil(seconds) };
}

function undoOf({ down }: Migration): string {
  return /\{\s*throw\b/.test(String(down)) ? 'it cannot be undone: its down throws' : 'by its down';
}
