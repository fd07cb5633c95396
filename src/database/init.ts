import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { projectRoot, type Settings } from '../config.ts';
import { hasCode } from '../error-code.ts';
import { OperatorError } from '../operator-error.ts';
import type { CollectionDefinition } from '../schema/collection.ts';

/** One difference between the database and the models, and what became of it. */
export interface Finding {
  outcome: 'created' | 'different';
  /** For example `index lastFired_1__id_1 of engines`. */
  what: string;
}

/** Where migrate-mongo records what it applied. */
export const CHANGELOG = 'changelog';

const NAMESPACE_EXISTS = 48;
const DUPLICATE_KEY = 11_000;

/** File names of the migrations, oldest first. */
function migrationNames(): string[] {
  return readdirSync(join(projectRoot, 'migrations'))
    .filter((name) => name.endsWith('.ts') && name !== 'sample-migration.ts')
    .toSorted();
}

/** Migrations that the database has not seen. */
export async function pendingMigrations(db: Db): Promise<string[]> {
  const applied = new Set((await db.collection(CHANGELOG).find().toArray()).map(({ fileName }) => String(fileName)));
  return migrationNames().filter((name) => !applied.has(name));
}

async function isEmpty(db: Db): Promise<boolean> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  return collections.every(({ name }) => name.startsWith('system.'));
}

/**
 * Makes the collections, validators and indexes of the models where they are missing, and marks the migrations as
 * applied if the database was empty. Changes and drops nothing that is there: that is for migrations.
 * Any number of processes may do this at once, and again.
 * @returns what it created and what it found different from the models
 */
export async function initialise(db: Db, definitions: readonly CollectionDefinition[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  // First, so that being killed further down leaves a database in which no migration runs a second time.
  if (await isEmpty(db)) findings.push(...(await stamp(db)));
  for (const definition of definitions) findings.push(...(await initialiseCollection(db, definition)));
  return findings;
}

/**
 * Initialises an empty database, except in production, where an empty one is more likely the wrong one.
 * @throws {OperatorError} for an empty database in production
 */
export async function initialiseIfEmpty(
  db: Db,
  definitions: readonly CollectionDefinition[],
  { nodeEnv }: Pick<Settings, 'nodeEnv'>,
): Promise<Finding[]> {
  if (!(await isEmpty(db))) return [];
  if (nodeEnv === 'production')
    throw new OperatorError(
      `The database ${db.databaseName} is empty. Check MONGODB_URI; if it is right, run npm run db:init.`,
    );
  return initialise(db, definitions);
}

/** As Alembic's `stamp head`. The name is also the id, so that two processes do not write an entry twice. */
async function stamp(db: Db): Promise<Finding[]> {
  const appliedAt = new Date();
  const migrationBlock = appliedAt.getTime();
  const entries = migrationNames().map((fileName) => ({ _id: fileName, fileName, appliedAt, migrationBlock }));
  if (entries.length === 0) return [];
  try {
    await db.collection<Document & { _id: string }>(CHANGELOG).insertMany(entries, { ordered: false });
  } catch (error) {
    if (!hasCode(error, DUPLICATE_KEY)) throw error;
  }
  return entries.map(({ fileName }) => ({ outcome: 'created', what: `changelog entry ${fileName}` }));
}

async function initialiseCollection(db: Db, { name, validator, indexes }: CollectionDefinition): Promise<Finding[]> {
  const findings: Finding[] = [];
  const options = { validator, validationLevel: 'strict', validationAction: 'error' };
  const [existing] = await db.listCollections({ name }, { nameOnly: false }).toArray();
  if (existing === undefined) {
    await db.createCollection(name, options).catch((error: unknown) => {
      if (!hasCode(error, NAMESPACE_EXISTS)) throw error;
    });
    findings.push({ outcome: 'created', what: `collection ${name} with its validator` });
  } else if (!isDeepStrictEqual(existing.options, options))
    findings.push({ outcome: 'different', what: `validator of ${name}` });
  const live = existing === undefined ? [] : await db.collection(name).listIndexes().toArray();
  for (const index of indexes) {
    const what = `index ${index.name} of ${name}`;
    const same = live.find((one) => one['name'] === index.name);
    if (same === undefined) {
      await db.collection(name).createIndexes([index]);
      findings.push({ outcome: 'created', what });
    } else if (!isSameIndex(same, index)) findings.push({ outcome: 'different', what });
  }
  const known = new Set(['_id_', ...indexes.map((index) => index.name)]);
  for (const { name: extra } of live)
    if (!known.has(extra))
      findings.push({ outcome: 'different', what: `index ${extra} of ${name}, which no model declares` });
  return findings;
}

/** The order of an index's keys matters, which an object comparison does not see. */
function isSameIndex(left: Document, right: Document): boolean {
  const normal = ({ v: _v, ns: _ns, key, ...rest }: Document) => ({ ...rest, key: Object.entries(key ?? {}) });
  return isDeepStrictEqual(normal(left), normal(right));
}
