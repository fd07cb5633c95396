import { VALIDATION, initialiseCollections, isEmpty } from './database/index.ts';
import { compare, describe } from './migrate/autogenerate/index.ts';
import { readCatalog, replay, shapesOf } from './migrate/plan/index.ts';
import { readState, run, stepsToStamp } from './migrate/run/index.ts';
import { migrating, subjectOf, type OpenDatabase } from './migrations.ts';
import { collectionDefinitions, RESOURCES } from './models.ts';
import { OperatorError } from './operator-error.ts';
import { isBesideData } from './own-collections.ts';

/** Something that was created, or a difference between the database and the models. */
interface InitialiseResult {
  outcome: 'created' | 'different';
  /** `index lastFired_1__id_1 of engines`; for a difference a sentence without its full stop. */
  what: string;
}

/**
 * Creates the missing collections, validators and indexes of the models, and marks the migrations as applied if the database
 * was empty. It changes and drops nothing that exists: that is for migrations.
 * Several processes may do this at once, and repeat it.
 * @returns what it created and what it found different from the models
 */
export async function initialise(database: OpenDatabase, resources = RESOURCES): Promise<InitialiseResult[]> {
  const { db, connection } = database;
  // This comes first, so that no migration runs again on the created collections if the process is killed below.
  const stamped = (await isEmpty(db, isBesideData)) ? await stampAll(database) : [];
  const definitions = collectionDefinitions(connection, resources);
  const constrained = stamped.length > 0 ? await constrainedBy(database) : [];
  const wanted = definitions.map((definition) => ({
    ...definition,
    ...(constrained.includes(definition.name) && { validationLevel: 'constraint' }),
  }));
  const made = await initialiseCollections(db, wanted);
  const demanded = definitions.map((definition) => ({ ...definition, options: VALIDATION }));
  const different = compare(shapesOf(await readCatalog(db)), demanded)
    .filter(({ kind }) => kind !== 'removeCollection')
    .map((change): InitialiseResult => ({ outcome: 'different', what: `by the models ${describe(change)}` }));
  return [...stamped, ...made.map((what): InitialiseResult => ({ outcome: 'created', what })), ...different];
}

/** The collections that migrations set to the validation level `constraint`, which models cannot declare. */
async function constrainedBy(database: OpenDatabase): Promise<string[]> {
  const { client, folder } = subjectOf(database);
  const { files } = await readState(database.db, folder);
  const { shapes } = await replay(files, client, folder);
  return shapes.filter(({ options }) => options?.['validationLevel'] === 'constraint').map(({ name }) => name);
}

/** Marks all migrations as applied, as Alembic's `stamp head` does. */
async function stampAll(database: OpenDatabase): Promise<InitialiseResult[]> {
  const steps = await run(migrating(database, 'initialise'), (state) => stepsToStamp(state, 'head'));
  return steps.map(({ file }) => ({ outcome: 'created', what: `changelog entry ${file.name}` }));
}

/**
 * Initialises an empty database, except in production, where an empty database is probably the wrong one.
 * @throws {OperatorError} for an empty database in production
 */
export async function initialiseIfEmpty(database: OpenDatabase, resources = RESOURCES): Promise<InitialiseResult[]> {
  const { db, settings } = database;
  if (!(await isEmpty(db, isBesideData))) return [];
  if (settings.nodeEnv === 'production')
    throw new OperatorError(
      `The database ${db.databaseName} is empty. Check MONGODB_URI; if it is right, run npm run db:init.`,
    );
  return initialise(database, resources);
}
