import { MongoError, MongoServerError, type MongoClient } from 'mongodb';
import { messageOf, sentence } from '../../operator-error.ts';
import { isOwn } from '../../own-collections.ts';
import type { CollectionShape } from '../autogenerate/shape.ts';
import { UNUSABLE, type Finding } from '../run/checks.ts';
import { loadMigration, type MigrationFile } from '../run/files.ts';
import type { IndexDefinition } from '../operations/indexes.ts';
import { catalogOf, type Catalog } from './catalog.ts';
import { record } from './record.ts';

/** The result of running migrations from nothing. */
interface Replayed {
  /** With what failed migrations made before they failed. */
  shapes: CollectionShape[];
  /** Names of collections that one migration made and a later one renamed or removed. */
  gone: string[];
  /** A finding about each migration that failed. */
  failed: Finding[];
}

/**
 * The shape that migrations leave behind when they start from nothing, found by running them on a database that does
 * not exist, without a write.
 * @throws {OperatorError} if one cannot be loaded
 */
export async function replay(files: readonly MigrationFile[], client: MongoClient, folder: string): Promise<Replayed> {
  const databaseName = `replay-${process.pid}-${Date.now()}`;
  const catalog = catalogOf([]);
  const failed: Finding[] = [];
  const made = new Set<string>();
  for (const file of files) {
    const { up } = await loadMigration(folder, file);
    try {
      await record(up, client, databaseName, catalog);
    } catch (error) {
      if (error instanceof MongoError && !(error instanceof MongoServerError)) throw error; // no answer at all
      const message = `fails: ${sentence(messageOf(error))}`;
      failed.push({ rule: UNUSABLE, file: file.name, message, remedy: 'Correct it.' });
    }
    for (const { name } of catalog.entries()) made.add(name);
  }
  const gone = [...made].filter((name) => !isOwn(name) && catalog.get(name) === undefined);
  return { shapes: shapesOf(catalog), gone, failed };
}

/** Whether no migration makes an index: the one of every collection, and the one by whose hash a cluster has sharded it. */
const isGiven = ({ name, key }: IndexDefinition) => name === '_id_' || key['_id'] === 'hashed';

/** The collections of a catalog that hold the application's data. */
export const shapesOf = (catalog: Catalog): CollectionShape[] =>
  catalog
    .entries()
    .filter(({ name }) => !isOwn(name))
    .map(({ name, options: { validator = null, ...options }, indexes }) => ({
      name,
      validator,
      options,
      indexes: indexes.filter((index) => !isGiven(index)).map(({ v: _v, ...index }) => index),
    }));
