import type { Db } from 'mongodb';
import { CANNOT_CREATE_INDEX, hasCode } from '../error-code.ts';
import { messageOf, OperatorError, sentence } from '../operator-error.ts';
import { isServers } from '../own-collections.ts';
import type { CollectionDefinition } from '../schema/index.ts';

const NAMESPACE_EXISTS = 48;

/** A collection to create, and its validation level, if that is not the usual one. */
type Wanted = CollectionDefinition & { validationLevel?: string };

/** The usual validation level and action. */
export const VALIDATION = { validationLevel: 'strict', validationAction: 'error' };

/** Whether a database has only collections of the server's own, and those that are excused. */
export async function isEmpty(db: Db, isExcused: (name: string) => boolean): Promise<boolean> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  return collections.every(({ name }) => isServers(name) || isExcused(name));
}

/**
 * Creates the collections, with their validators, and the indexes whose names do not exist yet. Changes and drops nothing.
 * @returns what it created: `index lastFired_1__id_1 of engines`
 */
export async function initialiseCollections(db: Db, definitions: readonly Wanted[]): Promise<string[]> {
  const made: string[] = [];
  for (const definition of definitions) made.push(...(await makeCollection(db, definition)));
  return made;
}

const impossible = (collection: string, index: string, error: unknown) =>
  new OperatorError(
    `${collection} cannot have the index ${index}, which its model declares: ${sentence(messageOf(error))} In a sharded ` +
      'collection, a unique index must begin with the shard key: see "Unique indexes" in docs/scaling.md.',
  );

async function makeCollection(db: Db, { name, validator, validationLevel, indexes }: Wanted): Promise<string[]> {
  const made: string[] = [];
  const exists = await db.listCollections({ name }, { nameOnly: true }).hasNext();
  if (!exists) {
    await db
      .createCollection(name, { validator, ...VALIDATION, ...(validationLevel && { validationLevel }) })
      .catch((error: unknown) => {
        if (!hasCode(error, NAMESPACE_EXISTS)) throw error;
      });
    made.push(`collection ${name} with its validator`);
  }
  const live = exists ? await db.collection(name).listIndexes().toArray() : [];
  for (const index of indexes) {
    if (live.some((one) => one['name'] === index.name)) continue;
    await db
      .collection(name)
      .createIndexes([index])
      .catch((error: unknown) => {
        throw hasCode(error, CANNOT_CREATE_INDEX) ? impossible(name, index.name, error) : error;
      });
    made.push(`index ${index.name} of ${name}`);
  }
  return made;
}
