import { BSON, type Collection, type Db, type Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { ARCHIVE_PREFIX, isArchive } from '../../own-collections.ts';

/** A collection of values or documents that a migration took away. */
export interface Archive {
  /** For example `archive.engines.lastFired`, or `archive.engines` for a whole collection. */
  name: string;
  documents: number;
}

/**
 * The name of the collection that keeps what a migration removes, by the `_id` of the documents from which it was
 * removed.
 */
export function archiveName(collection: string, part?: string): string {
  return ARCHIVE_PREFIX + (part === undefined ? collection : `${collection}.${part}`);
}

/** A projection to the given fields and `_id`. */
export const projectionTo = (fields: readonly string[]): Document =>
  Object.fromEntries(['_id', ...fields].map((field) => [field, 1]));

/** How batches are written: each survives any crash before a write that depends on it begins. */
export const DURABLE = { ordered: false, writeConcern: { w: 'majority', journal: true } } as const;

/** Reads some documents with every value in its BSON type, so that a double of 5 is not written back as an int. */
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
 * @returns the deleted archive
 * @throws {OperatorError} if there is no such archive
 */
export async function purgeArchive(db: Db, name: string): Promise<Archive> {
  const archives = await listArchives(db);
  const archive = archives.find((one) => one.name === name);
  if (archive === undefined) {
    const known = archives.map((one) => one.name).join(', ') || 'none';
    throw new OperatorError(`${name} is not an archive of ${db.databaseName}. Name one of these: ${known}.`);
  }
  await db.dropCollection(name);
  return archive;
}
