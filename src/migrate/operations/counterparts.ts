import { BSON, type AnyBulkWriteOperation, type Document } from 'mongodb';
import { valueAt } from '../../document.ts';
import { isSame } from './archives.ts';
import { dropEmptyParents } from './paths.ts';

/** Values by the path of their field, as `{ 'nozzle.ratio': 16 }`; an absent value has no entry. */
export type Values = Readonly<Record<string, unknown>>;

/** The values of a document before and after its conversion, as the archive has them. */
export interface Pair {
  was: Values;
  now: Values;
}

/** How the values of a document are converted. */
export interface Rule {
  /** Paths of the old shape, and those of the new one. */
  from: readonly string[];
  to: readonly string[];
  convert: (values: Values) => Values;
}

/** The values that a document has at some paths. */
export function pick(document: Document, paths: readonly string[]): Values {
  return valuesOf(paths.map((path) => [path, valueAt(document, path)]));
}

/** The values that are present, in the order of their paths, so that equal values have equal bytes. */
export function valuesOf(entries: readonly (readonly [string, unknown])[]): Values {
  const present = entries.filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/**
 * The new values of a document of the old shape: the archived ones if the document has not changed since, else what
 * `convert` returns.
 * @throws {Error} if the values cannot be converted, or the document has other values in their place already
 */
export function counterpart(document: Document, archived: Pair | undefined, { from, to, convert }: Rule): Values {
  const old = pick(document, from);
  const next = recall(old, archived) ?? valuesOf(Object.entries(convert(plain(old))));
  const foreign = Object.keys(next).find((path) => !to.includes(path));
  if (foreign !== undefined) throw new Error(`the conversion returns ${foreign}, which it does not declare`);
  const added = to.filter((path) => !from.includes(path));
  const there = pick(document, added);
  // A value of an earlier conversion may stand beside a newer one of the old shape: the newer one counts.
  const outdated = [next, archived?.was ?? {}, archived?.now ?? {}].map((values) => narrow(values, added));
  if (Object.keys(there).length > 0 && !outdated.some((values) => isSame(values, there)))
    throw new Error(`it has ${Object.keys(there).join(' and ')} already, with another value`);
  return next;
}

/** `was` is looked at first: after a kill the document may not have been written although the archive was. */
function recall(old: Values, archived: Pair | undefined): Values | undefined {
  if (archived === undefined) return undefined;
  if (isSame(archived.was, old)) return archived.now;
  return isSame(archived.now, old) ? archived.was : undefined;
}

const narrow = (values: Values, paths: readonly string[]) => valuesOf(paths.map((path) => [path, values[path]]));

/** Without the driver's classes for numbers. */
const plain = (values: Values): Values => BSON.deserialize(BSON.serialize(values));

/** The write that gives a document its new values, if it still has the values that were read. */
export function exchange(document: Document, next: Values, { from, to }: Omit<Rule, 'convert'>): AnyBulkWriteOperation {
  const paths = [...new Set([...from, ...to])];
  const read = pick(document, paths);
  const unchanged = paths.map((path) => [path, { ...(path in read && { $eq: read[path] }), $exists: path in read }]);
  const gone = Object.keys(read).filter((path) => !(path in next));
  const set = Object.entries(next).map(([path, value]) => [path, { $literal: value }]);
  const update = [
    ...(gone.length > 0 ? [{ $unset: gone }] : []),
    ...(set.length > 0 ? [{ $set: Object.fromEntries(set) }] : []),
    ...gone.filter((path) => !to.includes(path)).flatMap((path) => dropEmptyParents(path, to)),
  ];
  return { updateOne: { filter: { _id: document['_id'], ...Object.fromEntries(unchanged) }, update } };
}
