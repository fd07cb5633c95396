import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import { isPlainObject } from '../../document.ts';
import type { IndexDefinition } from '../operations/indexes.ts';

/** The shape of a collection: as a model wants it, or as migrations make it. */
export interface CollectionShape {
  name: string;
  /** `{ $jsonSchema: … }`; `null`: none. */
  validator: Document | null;
  /** The collection's other options, where they are known. */
  options?: Document;
  /** Without the index on `_id`. */
  indexes: readonly IndexDefinition[];
  /**
   * The values that old documents get in new fields, by dotted path. A function gives another value each time, so the
   * developer must say the value. A field without an entry gets none, nor does an object whose entry is undefined.
   */
  defaults?: Readonly<Record<string, unknown>>;
}

const NUMBERS = ['int', 'long', 'double', 'decimal'];

/** The JSON Schema of a collection; `{}` where there is none. */
export function schemaOf({ validator }: CollectionShape): Document {
  const schema: unknown = validator?.['$jsonSchema'];
  return isPlainObject(schema) ? schema : {};
}

/** The BSON types that a field may have, ordered, with `missing` if it may be absent; `undefined` if any. */
export function typesOf(schema: Document, required: boolean): string[] | undefined {
  const { bsonType } = schema;
  if (bsonType === undefined) return undefined;
  const types = [bsonType].flat().flatMap((type) => (type === 'number' ? NUMBERS : [String(type)]));
  return [...new Set(types), ...(required ? [] : ['missing'])].toSorted();
}

/** The schemas of the fields that an object's schema names, by the fields' names. */
export function propertiesOf(schema: Document): Readonly<Record<string, Document>> {
  const { properties } = schema;
  return isPlainObject(properties) ? Object.fromEntries(Object.entries(properties).filter(isField)) : {};
}

const isField = (entry: [string, unknown]): entry is [string, Document] => isPlainObject(entry[1]);

export const isRequired = (schema: Document, name: string): boolean =>
  Array.isArray(schema['required']) && schema['required'].includes(name);

/** Whether an object may not have other fields than those that its schema names. */
export const isClosed = (schema: Document): boolean => schema['additionalProperties'] === false;

/** Whether a schema is that of an object, among other types perhaps, whose fields it names. */
export const isNested = (schema: Document): boolean =>
  [schema['bsonType']].flat().includes('object') && isPlainObject(schema['properties']);

/** Whether two schemas accept the same; the order of `required`, `enum` and types means nothing. */
export const isSameSchema = (left: unknown, right: unknown): boolean => isDeepStrictEqual(normal(left), normal(right));

function normal(schema: unknown, keyword?: string): unknown {
  if (keyword === 'bsonType') return [schema].flat().map(String).toSorted();
  if (Array.isArray(schema)) {
    const items = schema.map((item) => normal(item));
    return keyword === 'required' || keyword === 'enum' ? items.map((item) => JSON.stringify(item)).toSorted() : items;
  }
  if (!isPlainObject(schema)) return schema;
  const isName = keyword === 'properties';
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, normal(value, isName ? undefined : key)]),
  );
}

/** The value that old documents get in a field: its default, or an object of the defaults of the fields in it. */
export function defaultOf({ defaults = {} }: CollectionShape, path: string): unknown {
  const own = defaults[path];
  if (own === undefined && path in defaults) return undefined;
  const inner = Object.entries(defaults).filter(([key, value]) => key.startsWith(`${path}.`) && value !== undefined);
  if (inner.length === 0 || (own !== undefined && !isPlainObject(own))) return own;
  let value: Document = {};
  for (const [key, inside] of inner) value = withValue(value, key.slice(path.length + 1).split('.'), inside);
  return { ...value, ...(isPlainObject(own) && own) };
}

/** Whether a default is the same each time. */
export const isConstant = (value: unknown): boolean =>
  typeof value !== 'function' && !(isPlainObject(value) && !Object.values(value).every(isConstant));

/** The part of a default that is the same each time. */
export function constantPart(value: unknown): unknown {
  if (typeof value === 'function') return undefined;
  if (!isPlainObject(value)) return value;
  const parts = Object.entries(value).map(([name, inner]): [string, unknown] => [name, constantPart(inner)]);
  return Object.fromEntries(parts.filter(([, inner]) => inner !== undefined));
}

function withValue(object: Document, [name = '', ...rest]: string[], value: unknown): Document {
  const inner: unknown = object[name];
  return { ...object, [name]: rest.length === 0 ? value : withValue(isPlainObject(inner) ? inner : {}, rest, value) };
}
