import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { isObject } from '../document.ts';
import type { CollectionDefinition } from './collection.ts';
import { INT32 } from './json-schema.ts';

/**
 * What a database would refuse of the documents that models make, in words: `engines: maker is not known`. One query.
 * A collection that is not there yet refuses nothing.
 */
export async function refusedWrites(db: Db, definitions: readonly CollectionDefinition[]): Promise<string[]> {
  const names = definitions.map(({ name }) => name);
  const found = await db.listCollections({ name: { $in: names } }, { nameOnly: false }).toArray();
  return definitions.flatMap((definition) => {
    const { validator, validationLevel, validationAction } =
      Object(found.find(({ name }) => name === definition.name)).options ?? {};
    if (validator === undefined || validationLevel === 'off' || validationAction === 'warn') return [];
    return refusals(definition, validator).map((what) => `${definition.name}: ${what}`);
  });
}

/**
 * What a collection's validator would refuse of the documents that a model makes, in words: `maker is not known`. None if
 * it accepts them all, as it does where it is wider than the model's own, or accepts two shapes during a migration.
 * @param live the validator that the collection has; only its `$jsonSchema` is looked at
 */
export function refusals({ validator, filled }: Pick<CollectionDefinition, 'validator' | 'filled'>, live: Document) {
  return bySchema(validator['$jsonSchema'], live['$jsonSchema'], '', new Set(filled));
}

function bySchema(wanted: unknown, live: unknown, path: string, filled: ReadonlySet<string>): string[] {
  if (!isObject(live) || isDeepStrictEqual(wanted, live)) return [];
  const own = isObject(wanted) ? wanted : {};
  return Object.entries(live).flatMap(([keyword, rule]) => byKeyword(keyword, rule, own, live, path, filled));
}

function byKeyword(
  keyword: string,
  rule: unknown,
  wanted: Document,
  live: Document,
  path: string,
  filled: ReadonlySet<string>,
): string[] {
  const types = typesOf(wanted['bsonType']);
  if (OF_NUMBERS.has(keyword) && types.length > 0 && !types.some((type) => NUMBERS.includes(type))) return [];
  const isInt = isDeepStrictEqual(types, ['int']);
  const own: unknown = wanted[keyword] ?? (isInt ? Object(INT32)[keyword] : undefined);
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`);
  const refused = [`${path} is bound by ${keyword} ${JSON.stringify(rule)}`];
  switch (keyword) {
    case 'title':
    case 'description':
      return [];
    case 'bsonType': {
      const [given, taken] = [typesOf(own), typesOf(rule)];
      return given.length > 0 && given.every((type) => taken.includes(type)) ? [] : refused;
    }
    case 'required':
      return listOf(rule)
        .filter((name) => !listOf(own).includes(name) && !filled.has(inside(String(name))))
        .map((name) => `${inside(String(name))} is demanded`);
    case 'properties':
      return Object.entries(Object(own)).flatMap(([name, schema]) => {
        const there: unknown = Object(rule)[name];
        if (there === undefined) return live['additionalProperties'] === false ? [`${inside(name)} is not known`] : [];
        return bySchema(schema, there, inside(name), filled);
      });
    case 'additionalProperties':
      return rule === false && own !== false ? refused : [];
    case 'items':
      return bySchema(own, rule, `${path}[]`, filled);
    case 'anyOf':
      return listOf(rule).some((branch) => bySchema(wanted, branch, path, filled).length === 0) ? [] : refused;
    case 'enum':
      return Array.isArray(own) && own.every((value) => listOf(rule).includes(value)) ? [] : refused;
    case 'minimum':
    case 'minLength':
    case 'minItems':
      return typeof own === 'number' && own >= Number(rule) ? [] : refused;
    case 'maximum':
    case 'maxLength':
    case 'maxItems':
      return typeof own === 'number' && own <= Number(rule) ? [] : refused;
    case 'not':
      // No int is NaN.
      return isInt || isDeepStrictEqual(own, rule) ? [] : refused;
    default:
      return isDeepStrictEqual(own, rule) ? [] : refused;
  }
}

/** What they say does not concern other values; a `not` is about NaN, in our own validators. */
const OF_NUMBERS = new Set(['minimum', 'maximum', 'not']);
const NUMBERS = ['int', 'long', 'double', 'decimal'];

const typesOf = (types: unknown) =>
  [types ?? []].flat().flatMap((type) => (type === 'number' ? NUMBERS : [String(type)]));

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
