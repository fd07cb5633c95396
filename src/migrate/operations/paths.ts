import type { Collection, Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';

/** The objects around a dotted path, innermost first: `a.b`, `a` for `a.b.c`. */
export function parents(path: string): string[] {
  const steps = path.split('.').slice(0, -1);
  return steps.map((_, index) => steps.slice(0, steps.length - index).join('.'));
}

/** An expression: the BSON type of the value at a path, `missing` where there is none. */
export const typeOf = (path: string) => ({ $type: `$${path}` });

/**
 * The stages of an update that remove the objects around a path if they are empty, except the objects around the new
 * paths.
 */
export function dropEmptyParents(path: string, to: readonly string[]): Document[] {
  const kept = new Set(to.flatMap(parents));
  return parents(path)
    .filter((parent) => !kept.has(parent))
    .map((parent) => ({ $set: { [parent]: { $cond: [{ $eq: [`$${parent}`, {}] }, '$$REMOVE', `$${parent}`] } } }));
}

/**
 * @throws {Error} if one path lies within another, so that writing the one would overwrite the other
 * @throws {OperatorError} if a document has an array inside one of the paths: a path does not say which element it
 *   means
 */
export async function checkPaths(collection: Collection, paths: readonly string[]): Promise<void> {
  const around = new Set(paths.flatMap(parents));
  const within = paths.find((path) => around.has(path));
  if (within !== undefined)
    throw new Error(`This change names ${within} and also a field in it. Name ${within} alone.`);
  if (around.size === 0) return;
  const arrays = { $or: [...around].map((path) => ({ $expr: { $eq: [typeOf(path), 'array'] } })) };
  await refuse(
    collection,
    arrays,
    `have an array inside the path ${paths.join(' or ')}`,
    'Write this change with backfill() instead',
  );
}

/** @throws {OperatorError} if documents match, with their number and an example */
export async function refuse(collection: Collection, filter: Document, what: string, advice: string): Promise<void> {
  const example = await collection.findOne(filter, { projection: { _id: 1 } });
  if (example === null) return;
  const count = await collection.countDocuments(filter);
  throw new OperatorError(
    `${count} documents of ${collection.collectionName} ${what}, for example ${String(example._id)}. ${advice}.`,
  );
}
