import { Decimal128, Double, Int32, Long, type Document } from 'mongodb';
import type { JsonSchema } from '../../schema/index.ts';
import type { Attribute } from './attributes.ts';
import { allOf, isNotNull, isNull } from './filters.ts';
import type { Flaw } from '../http/problems.ts';

/** One key of a sort, by the stored path. */
export interface SortKey {
  path: string;
  direction: 1 | -1;
}

const ID = '_id';

/** The `sort` parameter, and the reader of its value into keys that leave no tie. */
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
      'Fields to sort by, repeated or separated by commas, - before one that descends; null comes before all else. ' +
      'Ties are broken by the id, in the direction of the last field; without this the id alone counts',
  };
  return {
    parameter,
    read: (names: unknown) => (Array.isArray(names) ? complete(names.flatMap((name) => keys.get(name) ?? [])) : byId),
  };
}

/** Nothing behind the id can matter. */
function complete(keys: readonly SortKey[]): readonly SortKey[] {
  const end = keys.findIndex(({ path }) => path === ID);
  return end === -1 ? [...keys, { path: ID, direction: keys.at(-1)?.direction ?? 1 }] : keys.slice(0, end + 1);
}

/** A field that is sorted by twice. */
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

/** The keys as the driver takes them. */
export const sortOf = (keys: readonly SortKey[]): [string, 1 | -1][] =>
  keys.map(({ path, direction }) => [path, direction]);

/** The same keys, the other way round. */
export const reversed = (keys: readonly SortKey[]): SortKey[] =>
  keys.map(({ path, direction }) => ({ path, direction: direction === 1 ? -1 : 1 }));

/** A place in a sorted list: a value for each key. */
export interface Position {
  values: readonly unknown[];
  /** Whether what lies at the position itself counts as behind it. */
  inclusive: boolean;
}

/**
 * The filter for what lies behind a position.
 * Each alternative is a range of an index in the order of the keys, so that the database merges them without sorting
 * and looks at nothing in front of the position, however many documents share a value.
 */
export function behind(
  filter: readonly Document[],
  keys: readonly SortKey[],
  { values, inclusive }: Position,
): Document {
  const alternatives: Document[] = [];
  const ties: Document[] = [];
  for (const [place, { path, direction }] of keys.entries()) {
    const value = values[place] ?? null;
    for (const range of rangesBehind(path, direction, value, inclusive))
      alternatives.push(allOf([...filter, ...ties, range]));
    ties.push(value === null ? isNull(path) : { [path]: { $eq: value } });
  }
  return alternatives.length > 1 ? { $or: alternatives } : (alternatives[0] ?? {});
}

/** MongoDB compares within one type only, but sorts null before all others, and NaN before all numbers, which none is greater than. */
function rangesBehind(path: string, direction: 1 | -1, value: unknown, inclusive: boolean): Document[] {
  if (path === ID) return [{ [path]: { [`${direction === 1 ? '$gt' : '$lt'}${inclusive ? 'e' : ''}`]: value } }];
  if (direction === 1) {
    if (value === null) return [isNotNull(path)];
    return [{ [path]: isNotANumber(value) ? { $gte: -Infinity } : { $gt: value } }];
  }
  if (value === null) return [];
  const less = isNotANumber(value) ? [] : [{ $lt: value }, ...(isNumber(value) ? [{ $eq: NaN }] : [])];
  return [...less.map((range) => ({ [path]: range })), isNull(path)];
}

/** Of any of BSON's types of numbers. */
const isNumber = (value: unknown) => typeof value === 'number' || NUMBERS.some((type) => value instanceof type);

const NUMBERS = [Int32, Long, Double, Decimal128];

const isNotANumber = (value: unknown) => isNumber(value) && String(value) === 'NaN';

/** Where a stored document lies; what it lacks counts as null. */
export const positionOf = (keys: readonly SortKey[], document: Document): unknown[] =>
  keys.map(({ path }) => path.split('.').reduce<unknown>((value, name) => Object(value)[name], document) ?? null);
