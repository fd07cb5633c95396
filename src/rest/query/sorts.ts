import { Decimal128, Double, Int32, Long, type Document } from 'mongodb';
import type { JsonSchema } from '../../schema/index.ts';
import type { Attribute } from './attributes.ts';
import { allOf, isNotNull, isNull } from './filters.ts';
import type { Flaw } from '../http/problems.ts';

/** One key of a sort; its path is the stored one. */
export interface SortKey {
  path: string;
  direction: 1 | -1;
}

const ID = '_id';

/** The `sort` parameter, and the reader that turns its value into sort keys. The last key is always the id, so there are no ties. */
export function compileSorts(attributes: readonly Attribute[]) {
  const keys = new Map<string, SortKey>(
    attributes.flatMap(({ name, path }) => [
      [name, { path, direction: 1 }],
      [`-${name}`, { path, direction: -1 }],
    ]),
  );
  const byId: readonly SortKey[] = [{ path: ID, direction: 1 }];
  const parameter: JsonSchema = {
    type: 'array',
    items: { type: 'string', enum: [...keys.keys()] },
    minItems: 1,
    maxItems: attributes.length,
    description:
      'The fields to sort by: repeat the parameter, or separate them by commas. A - before a field sorts it downwards. Null ' +
      'comes before all other values. Members with equal values are sorted by id, in the direction of the last field. ' +
      'Without this parameter the list is sorted by id',
  };
  return {
    parameter,
    read: (names: unknown) => (Array.isArray(names) ? complete(names.flatMap((name) => keys.get(name) ?? [])) : byId),
  };
}

/** Ends the keys with the id. Keys after the id would not matter. */
function complete(keys: readonly SortKey[]): readonly SortKey[] {
  const end = keys.findIndex(({ path }) => path === ID);
  return end === -1 ? [...keys, { path: ID, direction: keys.at(-1)?.direction ?? 1 }] : keys.slice(0, end + 1);
}

/** The flaws of a `sort` parameter that names a field twice. */
export function sortFlaws(names: unknown): Flaw[] {
  if (!Array.isArray(names)) return [];
  const fields = names.map((name) => String(name).replace(/^-/, ''));
  const twice = fields.filter((field, place) => fields.indexOf(field) < place);
  return [...new Set(twice)].map((field) => ({
    parameter: 'sort',
    keyword: 'uniqueItems',
    detail: `must name ${field} only once`,
  }));
}

/** The keys in the form that the database takes. Properties of an object could have another order. */
export const sortOf = (keys: readonly SortKey[]): Map<string, 1 | -1> =>
  new Map(keys.map(({ path, direction }) => [path, direction]));

/** The same keys in the opposite direction. */
export const reversed = (keys: readonly SortKey[]): SortKey[] =>
  keys.map(({ path, direction }) => ({ path, direction: direction === 1 ? -1 : 1 }));

/** A place in a sorted list: a value for each key. */
export interface Position {
  values: readonly unknown[];
  /** Whether a document at the position itself counts as after it. */
  inclusive: boolean;
}

/**
 * The filter for the documents after a position.
 * Each alternative is a range of an index in the order of the keys. So the database merges them without sorting, and does
 * not look at the documents before the position, however many of them share a value.
 */
export function filterAfter(
  filter: readonly Document[],
  keys: readonly SortKey[],
  { values, inclusive }: Position,
): Document {
  const alternatives: Document[] = [];
  const ties: Document[] = [];
  for (const [place, { path, direction }] of keys.entries()) {
    const value = values[place] ?? null;
    for (const range of rangesAfter(path, direction, value, inclusive))
      alternatives.push(allOf([...filter, ...ties, range]));
    ties.push(value === null ? isNull(path) : { [path]: { $eq: value } });
  }
  return alternatives.length > 1 ? { $or: alternatives } : (alternatives[0] ?? {});
}

/**
 * The ranges after a value of one key. MongoDB compares only values of one type, but sorts null before all other values and
 * NaN before all numbers; no number is greater than NaN.
 */
function rangesAfter(path: string, direction: 1 | -1, value: unknown, inclusive: boolean): Document[] {
  if (path === ID) return [{ [path]: { [`${direction === 1 ? '$gt' : '$lt'}${inclusive ? 'e' : ''}`]: value } }];
  if (direction === 1) {
    if (value === null) return [isNotNull(path)];
    return [{ [path]: isNotANumber(value) ? { $gte: -Infinity } : { $gt: value } }];
  }
  if (value === null) return [];
  const less = isNotANumber(value) ? [] : [{ $lt: value }, ...(isNumber(value) ? [{ $eq: NaN }] : [])];
  return [...less.map((range) => ({ [path]: range })), isNull(path)];
}

/** Whether a value has one of BSON's number types. */
const isNumber = (value: unknown) => typeof value === 'number' || NUMBERS.some((type) => value instanceof type);

const NUMBERS = [Int32, Long, Double, Decimal128];

const isNotANumber = (value: unknown) => isNumber(value) && String(value) === 'NaN';

/** The position of a stored document: its values of the keys. A missing value counts as null. */
export const positionOf = (keys: readonly SortKey[], document: Document): unknown[] =>
  keys.map(({ path }) => path.split('.').reduce<unknown>((value, name) => Object(value)[name], document) ?? null);
