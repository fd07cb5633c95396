import { VALIDATION, initialiseCollections, isEmpty } from './database/index.ts';
import { compare, describe } from './migrate/autogenerate/index.ts';
import { readCatalog, replay, shapesOf } from './migrate/plan/index.ts';
import { readState, run, stamp } from './migrate/run/index.ts';
import { migrating, subjectOf, type OpenDatabase } from './migrations.ts';
import { collectionDefinitions, RESOURCES } from './models.ts';
import { OperatorError } from './operator-error.ts';
import { isBookkeeping } from './own-collections.ts';

/** What was made, or one difference between the database and the models. */
interface Finding {
  outcome: 'created' | 'different';
  /** `index lastFired_1__id_1 of engines`; of a difference a sentence without its full stop. */
  what: string;
}

/**
 * Makes the collections, validators and indexes of the models where they are missing, and marks the migrations as
 * applied if the database was empty. Changes and drops nothing that is there: that is for migrations.
 * Any number of processes may do this at once, and again.
 * @returns what it created and what it found different from the models
 */
export async function initialise(database: OpenDatabase, resources = RESOURCES): Promise<Finding[]> {
  const { db, connection } = database;
  // First, so that being killed further down leaves a database in which no migration runs a second time.
  const stamped = (await isEmpty(db, isBookkeeping)) ? await stampAll(database) : [];
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
    .map((change): Finding => ({ outcome: 'different', what: `by the models ${describe(change)}` }));
  return [...stamped, ...made.map((what): Finding => ({ outcome: 'created', what })), ...different];
}

/** Collections that the migrations bring to the level `constraint`, which models cannot say. */
async function constrainedBy(database: OpenDatabase): Promise<string[]> {
  const { client, folder } = subjectOf(database);
  const { files } = await readState(database.db, folder);
  const { shapes } = await replay(files, client, folder);
  return shapes.filter(({ options }) => options?.['validationLevel'] === 'constraint').map(({ name }) => name);
}

/** As Alembic's `stamp head`. */
async function stampAll(database: OpenDatabase): Promise<Finding[]> {
  const steps = await run(migrating(database, 'initialise'), stamp('head'));
  return steps.map(({ file }) => ({ outcome: 'created', what: `changelog entry ${file.name}` }));
}

/**
 * Initialises an empty database, except in production, where an empty one is more likely the wrong one.
 * @throws {OperatorError} for an empty database in production
 */
export async function initialiseIfEmpty(database: OpenDatabase, resources = RESOURCES): Promise<Finding[]> {
  const { db, settings } = database;
  if (!(await isEmpty(db, isBookkeeping))) return [];
  if (settings.nodeEnv === 'production')
    throw new OperatorError(
      `The database ${db.databaseName} is empty. Check MONGODB_URI; if it is right, run npm run db:init.`,
    );
  return initialise(database, resources);
}
