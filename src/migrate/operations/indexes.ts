import type { Collection, Db, Document } from 'mongodb';
import { CANNOT_CREATE_INDEX, DUPLICATE_KEY, hasCode } from '../../error-code.ts';
import { messageOf, OperatorError, sentence } from '../../operator-error.ts';
import { runOf } from '../run/run-context.ts';
import { indexDifferences } from './index-differences.ts';

/** An index as `createIndexes` takes it: its name, its key in order, and options such as `unique`. */
export type IndexDefinition = { name: string; key: Document } & Document;

const REFUSALS = [DUPLICATE_KEY, 85, CANNOT_CREATE_INDEX]; // 85: other options
const NAMESPACE_NOT_FOUND = 26;
const INDEX_NOT_FOUND = 27;

/**
 * Makes an index; does nothing if it is there already.
 * @throws {OperatorError} if another index has that name or that key; or, before anything is changed, if documents
 *   share values that a unique index refuses, with these values and the ids of two documents
 */
export async function addIndex(db: Db, collection: string, index: IndexDefinition): Promise<void> {
  const { name } = index;
  const live = await db.collection(collection).listIndexes().toArray().catch(noneWithout(NAMESPACE_NOT_FOUND));
  const namesake = live.find((one) => one['name'] === name);
  if (namesake !== undefined) {
    const [found] = await db.listCollections({ name: collection }, { nameOnly: false }).toArray();
    const differences = indexDifferences(index, namesake, found?.options?.['collation']);
    if (differences.length === 0) return;
    throw new OperatorError(
      `${collection} has another index ${name}, with ${differences.join(', ')}. ` +
        `Remove it first, with removeIndex(db, '${collection}', '${name}'), or give the new one another name.`,
    );
  }
  // A plan judges this by its own rules: it knows whether the migration would have changed the values before.
  if (index['unique'] === true && runOf(db)?.plan === undefined) await refuseDuplicates(db, collection, index);
  try {
    await db.collection(collection).createIndexes([index]);
  } catch (error) {
    if (!REFUSALS.some((code) => hasCode(error, code))) throw error;
    throw new OperatorError(
      `${collection} cannot have the index ${name}: ${sentence(messageOf(error))} Correct that and run this again.`,
    );
  }
}

/** Drops an index; does nothing if there is none of that name. */
export async function removeIndex(db: Db, collection: string, name: string): Promise<void> {
  await db.collection(collection).dropIndex(name).catch(noneWithout(NAMESPACE_NOT_FOUND, INDEX_NOT_FOUND));
}

/**
 * The most frequent values that a unique index would refuse, three at most: the values in `_id` as `_0`, `_1` … in the
 * order of the index's key, the number of documents that have them in `count`, and the ids of two of these in `one` and
 * `other`.
 */
export async function findDuplicates(collection: Collection, index: Document): Promise<Document[]> {
  const { key, sparse, partialFilterExpression, collation } = index;
  const paths = Object.keys(key);
  // A unique index takes a missing field for a null one, unless it is sparse.
  const present = { $or: paths.map((path) => ({ [path]: { $exists: true } })) };
  const values = Object.fromEntries(paths.map((path, place) => [`_${place}`, { $ifNull: [`$${path}`, null] }]));
  return collection
    .aggregate(
      [
        { $match: { ...partialFilterExpression, ...(sparse === true && present) } },
        { $group: { _id: values, count: { $sum: 1 }, one: { $min: '$_id' }, other: { $max: '$_id' } } },
        { $match: { count: { $gt: 1 } } },
        { $sort: { count: -1, one: 1 } },
        { $limit: 3 },
      ],
      { allowDiskUse: true, ...(collation && { collation }) },
    )
    .toArray();
}

async function refuseDuplicates(db: Db, collection: string, index: IndexDefinition): Promise<void> {
  const { name, key } = index;
  const paths = Object.keys(key);
  const found = await findDuplicates(db.collection(collection), index);
  if (found.length === 0) return;
  const examples = found.map(({ _id, count, one, other }) => {
    const value = paths.map((path, place) => `${path} ${JSON.stringify(_id[`_${place}`])}`).join(', ');
    return `${value} (${count} documents, for example ${String(one)} and ${String(other)})`;
  });
  throw new OperatorError(
    `${collection} cannot have the unique index ${name}, because documents share values: ` +
      `${examples.join('; ')}. Make them differ and run this again. No index was made.`,
  );
}

const noneWithout =
  (...codes: number[]) =>
  (error: unknown): Document[] => {
    if (codes.some((code) => hasCode(error, code))) return [];
    throw error;
  };
