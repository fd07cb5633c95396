import { BSON, type Collection, type Db, type Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { ARCHIVE_PREFIX, isArchive } from '../../own-collections.ts';

/** A collection of values or documents that a migration took away. */
export interface Archive {
  /** For example `archive.engines.lastFired`, or `archive.engines` for a whole collection. */
  name: string;
  documents: number;
}

/** Where a migration keeps what it takes away: a collection whose documents have the `_id` of those it was taken from. */
export function archiveName(collection: string, part?: string): string {
  return ARCHIVE_PREFIX + (part === undefined ? collection : `${collection}.${part}`);
}

/** A projection to the given fields and `_id`. */
export const projectionTo = (fields: readonly string[]): Document =>
  Object.fromEntries(['_id', ...fields].map((field) => [field, 1]));

/** How batches are written: each outlives any crash before what rests on it is begun. */
export const DURABLE = { ordered: false, writeConcern: { w: 'majority', journal: true } } as const;

/** Reads some documents with every value in its BSON type: a double of 5 does not turn into an int on its way back. */
export async function readExactly(
  collection: Collection,
  documents: readonly Document[],
  fields: readonly string[],
  filter: Document = {},
): Promise<Document[]> {
  const ids = documents.map(({ _id }) => _id);
  return collection
    .find(
      { _id: { $in: ids }, ...filter },
      { projection: projectionTo(fields), promoteValues: false, bsonRegExp: true },
    )
    .toArray();
}

/** Whether two values have the same types and bytes. */
export function isSame(left: unknown, right: unknown): boolean {
  return Buffer.compare(BSON.serialize({ value: left }), BSON.serialize({ value: right })) === 0;
}

/** All archives of a database, ordered by name. */
export async function listArchives(db: Db): Promise<Archive[]> {
  const all = await db.listCollections({}, { nameOnly: true }).toArray();
  const names = all.map(({ name }) => name).filter(isArchive);
  return Promise.all(
    names.toSorted().map(async (name) => ({ name, documents: await db.collection(name).estimatedDocumentCount() })),
  );
}

/**
 * Deletes an archive for good: the migration that filled it can no longer bring the values back.
 * @returns what it was
 * @throws {OperatorError} if there is no such archive
 */
export async function purgeArchive(db: Db, name: string): Promise<Archive> {
  const archives = await listArchives(db);
  const archive = archives.find((one) => one.name === name);
  if (archive === undefined) {
    const known = archives.map((one) => one.name).join(', ') || 'none';
    throw new OperatorError(`${name} is no archive of ${db.databaseName}. Name one of these: ${known}.`);
  }
  await db.dropCollection(name);
  return archive;
}
