import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import { constantDefaultOf } from './codec.ts';
import { refusal } from './declaration.ts';
import { withNull } from './json-schema.ts';
import type { AnyModel } from './model.ts';
import { databasePattern } from './patterns.ts';
import type { Field } from './field.ts';
import { readFields } from './fields.ts';
import { SEARCH, searchablePaths } from './search.ts';

/** The fields of a shard key, each with its direction, or `hashed`. */
export type ShardKey = Readonly<Record<string, 1 | 'hashed'>>;

/** What nearly all commands name that are about one document, so that one shard answers them. */
export const BY_ID: ShardKey = { _id: 'hashed' };

/** What a model requires of its collection in the database. */
export interface CollectionDefinition {
  name: string;
  /** A `$jsonSchema` validator; see "Schema Validation" in MongoDB's manual. */
  validator: Document;
  /** The indexes, without the one on `_id`. */
  indexes: ({ name: string; key: Document } & Document)[];
  /** The values that new fields get in old documents, by their dotted paths. */
  defaults: Record<string, unknown>;
  /** The paths of fields that the application always fills in, though they are not required; `tags[].name` in an array. */
  filled: readonly string[];
  /** The key by which a sharded cluster can spread the collection. Without it, the collection stays on one shard. */
  shardKey?: ShardKey;
}

const BSON_TYPES: Readonly<Record<Field['type'], string | string[]>> = {
  String: 'string',
  Int32: 'int',
  // The driver stores a whole number as an int, or as a double if it is too large for that.
  Number: ['int', 'long', 'double'],
  Double: ['int', 'long', 'double'],
  Boolean: 'bool',
  Date: 'date',
  ObjectId: 'objectId',
  Object: 'object',
  Array: 'array',
};

/** The collection, validator and indexes of a model. @throws {OperatorError} for a declaration that cannot be served */
export function collectionDefinition(model: AnyModel): CollectionDefinition {
  const { schema } = model;
  const versionKey = schema.get('versionKey');
  const fields = readFields(schema, model.modelName);
  const closed = objectValidator(fields);
  const searchable = searchablePaths(fields);
  if (searchable.length > 0 && schema.path(SEARCH) === undefined)
    throw refusal(
      model.modelName,
      'searchable fields need schema.plugin(searchable), from src/schema/search-plugin.ts',
    );
  const $jsonSchema = {
    ...closed,
    properties: {
      _id: { bsonType: 'objectId' },
      ...closed.properties,
      ...(typeof versionKey === 'string' && { [versionKey]: { bsonType: BSON_TYPES.Number } }),
      ...(searchable.length > 0 && { [SEARCH]: searchValidator(fields) }),
    },
  };
  // Mongoose adds `background`, which MongoDB has ignored since 4.2.
  const indexes = schema.indexes().map(([key, { background: _background, ...options }]) => ({
    name: Object.entries(key).flat().join('_'),
    ...options,
    key,
  }));
  const defaults = Object.fromEntries([...defaultsOf(fields), ...defaultsOfSearch(searchable)]);
  return {
    name: model.collection.collectionName,
    validator: { $jsonSchema },
    indexes,
    defaults,
    filled: filledOf(fields),
    shardKey: BY_ID,
  };
}

/** The search tokens differ in each document, so a migration must say how they are made. */
function defaultsOfSearch(searchable: readonly string[]): [string, unknown][] {
  const parts = searchable.map((path) => `${SEARCH}.of.${path}`);
  return (parts.length > 0 ? [SEARCH, ...parts] : []).map((path) => [path, () => undefined]);
}

/**
 * The defaults by their paths. Functions are among them, but a migration cannot call them: it must say itself what old
 * documents get. An object that may be absent stays absent.
 */
function defaultsOf(fields: readonly Field[], prefix = ''): [string, unknown][] {
  return fields.flatMap((field): [string, unknown][] => {
    const { name, type, default: value, required, fields: inner } = field;
    const path = prefix + name;
    const given = typeof value === 'function' ? value : constantDefaultOf(field);
    if (type !== 'Object') return given === undefined ? [] : [[path, given]];
    // Nested and required objects have no defaults; only their fields have.
    const hasDefault = value === undefined ? !required : !isDeepStrictEqual(value, {});
    return [...(hasDefault ? [[path, given] satisfies [string, unknown]] : []), ...defaultsOf(inner, `${path}.`)];
  });
}

function filledOf(fields: readonly Field[], prefix = ''): string[] {
  return fields.flatMap((field) => {
    const path = prefix + field.name;
    const inside = [...filledOf(field.fields, `${path}.`), ...filledOf(field.items?.fields ?? [], `${path}[].`)];
    return field.managed || field.default !== undefined ? [path, ...inside] : inside;
  });
}

function objectValidator(fields: readonly Field[]) {
  const required = fields.filter((field) => field.required).map((field) => field.name);
  return {
    bsonType: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldValidator(field)])),
    additionalProperties: false,
  };
}

/** The validator of the search tokens. The copies of fields in it have no bounds, because the fields themselves are checked. */
function searchValidator(fields: readonly Field[]): Document {
  const tokens = { bsonType: 'array', items: { bsonType: 'string' } };
  return {
    ...objectValidator([]),
    required: ['tokens'],
    properties: { of: objectValidator(searchableOf(fields)), tokens },
  };
}

const searchableOf = (fields: readonly Field[]): Field[] =>
  fields.flatMap((field) => {
    if (field.searchable) return [{ ...field, required: false, keywords: {} }];
    const inner = searchableOf(field.fields);
    return inner.length > 0 ? [{ ...field, required: false, fields: inner }] : [];
  });

function fieldValidator(field: Field): Document {
  const { type, keywords, nullable, items } = field;
  const { pattern, enum: listed } = keywords;
  return {
    ...(type === 'Object' && objectValidator(field.fields)),
    bsonType: nullable ? [BSON_TYPES[type], 'null'].flat() : BSON_TYPES[type],
    ...(isFraction(type) && FINITE),
    ...keywords,
    ...(nullable && withNull(listed)),
    ...(pattern !== undefined && { pattern: databasePattern(pattern) }),
    ...(items && { items: fieldValidator(items) }),
  };
}

/** Excludes infinity and NaN, which JSON does not have. For MongoDB NaN is outside of all bounds, for SecantusDB inside. */
const FINITE = {
  minimum: -Number.MAX_VALUE,
  maximum: Number.MAX_VALUE,
  not: { bsonType: BSON_TYPES.Double, minimum: 1, maximum: 0 },
};
const isFraction = (type: Field['type']) => type === 'Number' || type === 'Double';
