import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { isObject } from '../document.ts';
import type { CollectionDefinition } from './collection.ts';
import { INT32 } from './json-schema.ts';

/**
 * What the validators of a database would refuse in documents of the models, in words: `engines: maker is not known`.
 * It takes one query. A collection that does not exist yet refuses nothing.
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
 * What a collection's validator would refuse in documents of a model, in words: `maker is not known`. It is empty if the
 * validator accepts all of them, also because it allows more than the model, or two shapes during a migration.
 * @param live the validator that the collection has; only its `$jsonSchema` is looked at
 */
export function refusals({ validator, filled }: Pick<CollectionDefinition, 'validator' | 'filled'>, live: Document) {
  return bySchema(validator['$jsonSchema'], live['$jsonSchema'], '', new Set(filled));
}

function bySchema(wanted: unknown, live: unknown, path: string, filled: ReadonlySet<string>): string[] {
  if (!isObject(live) || isDeepStrictEqual(wanted, live)) return [];
  const schema = isObject(wanted) ? wanted : {};
  return Object.entries(live).flatMap(([keyword, rule]) => byKeyword(keyword, rule, schema, live, path, filled));
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
  const wantedRule: unknown = wanted[keyword] ?? (isInt ? Object(INT32)[keyword] : undefined);
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`);
  const refused = [`${path} is bound by ${keyword} ${JSON.stringify(rule)}`];
  switch (keyword) {
    case 'title':
    case 'description':
      return [];
    case 'bsonType': {
      const [given, taken] = [typesOf(wantedRule), typesOf(rule)];
      return given.length > 0 && given.every((type) => taken.includes(type)) ? [] : refused;
    }
    case 'required':
      return listOf(rule)
        .filter((name) => !listOf(wantedRule).includes(name) && !filled.has(inside(String(name))))
        .map((name) => `${inside(String(name))} is required`);
    case 'properties':
      return Object.entries(Object(wantedRule)).flatMap(([name, schema]) => {
        const liveSchema: unknown = Object(rule)[name];
        if (liveSchema === undefined)
          return live['additionalProperties'] === false ? [`${inside(name)} is not known`] : [];
        return bySchema(schema, liveSchema, inside(name), filled);
      });
    case 'additionalProperties':
      return rule === false && wantedRule !== false ? refused : [];
    case 'items':
      return bySchema(wantedRule, rule, `${path}[]`, filled);
    case 'anyOf':
      return listOf(rule).some((branch) => bySchema(wanted, branch, path, filled).length === 0) ? [] : refused;
    case 'enum':
      return Array.isArray(wantedRule) && wantedRule.every((value) => listOf(rule).includes(value)) ? [] : refused;
    case 'minimum':
    case 'minLength':
    case 'minItems':
      return typeof wantedRule === 'number' && wantedRule >= Number(rule) ? [] : refused;
    case 'maximum':
    case 'maxLength':
    case 'maxItems':
      return typeof wantedRule === 'number' && wantedRule <= Number(rule) ? [] : refused;
    case 'not':
      // An int cannot be NaN.
      return isInt || isDeepStrictEqual(wantedRule, rule) ? [] : refused;
    default:
      return isDeepStrictEqual(wantedRule, rule) ? [] : refused;
  }
}

/** The keywords that apply only to numbers. In validators of this project a `not` excludes NaN. */
const OF_NUMBERS = new Set(['minimum', 'maximum', 'not']);
const NUMBERS = ['int', 'long', 'double', 'decimal'];

const typesOf = (types: unknown) =>
  [types ?? []].flat().flatMap((type) => (type === 'number' ? NUMBERS : [String(type)]));

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
