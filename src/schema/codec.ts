import { Long, ObjectId, type Document } from 'mongodb';
import { isObject } from '../document.ts';
import { applyChanges } from './apply-changes.ts';
import { hasConstantDefault } from './defaults.ts';
import type { Field } from './field.ts';
import { shownInt64 } from './int64.ts';
import { withSearch } from './search.ts';
import type { UpdateOperators } from './update-operators.ts';

type Body = Readonly<Record<string, unknown>>;

/**
 * Makes a whole document of a body that satisfies the `create` schema. Absent fields get their defaults. The document has
 * its search tokens.
 */
export const toDocument = (fields: readonly Field[], body: Body): Document =>
  withSearch(fields, toObject(fields, body));

/** The value of a field that a body lacks; undefined if the field stays absent. @param within the object that lacks the field */
export type Fill = (field: Field, within: Body) => unknown;

function toObject(fields: readonly Field[], body: Body, fill: Fill = defaultOf): Document {
  const document: Document = {};
  for (const field of fields) {
    if (field.managed) continue;
    const value = body[field.name] === undefined ? fill(field, body) : toStored(field, body[field.name], fill);
    if (value !== undefined) document[field.name] = value;
  }
  return document;
}

/** The update operators for a body that replaces a document. They set or unset every field that a client may write. */
export function toReplacement(fields: readonly Field[], body: Body, fill?: Fill): UpdateOperators {
  const $set = toObject(fields, body, fill);
  const absent = fields.filter((field) => !field.managed && !(field.name in $set));
  return { $set, $unset: Object.fromEntries(absent.map((field) => [field.name, true as const])) };
}

/**
 * The update operators for a merge patch (RFC 7396) that satisfies the `update` schema. If the patch has an object where the
 * document has none, a new object is made, with the defaults of the fields that the patch leaves out.
 * @param present the present document; not needed if the patch has no objects
 */
export function toChanges(fields: readonly Field[], patch: Body, present: Document = {}, prefix = ''): UpdateOperators {
  const changes: UpdateOperators = { $set: {}, $unset: {} };
  for (const field of fields) {
    const value = patch[field.name];
    const path = prefix + field.name;
    if (value === undefined) continue;
    const inside: unknown = present[field.name];
    if (field.type === 'Object' && isObject(value) && isObject(inside)) {
      const inner = toChanges(field.fields, value, inside, `${path}.`);
      Object.assign(changes.$set, inner.$set);
      Object.assign(changes.$unset, inner.$unset);
    } else if (field.type === 'Object' && isObject(value)) {
      const shown = inside === undefined || inside === null ? constantDefaultOf(field) : undefined;
      const start: Document = isObject(shown) ? shown : toObject(field.fields, {});
      changes.$set[path] = applyChanges(start, toChanges(field.fields, value, start));
    } else if (value === null && !field.nullable) changes.$unset[path] = true;
    else changes.$set[path] = toStored(field, value);
  }
  return changes;
}

/**
 * The representation of a stored document, as clients see it.
 * A field that the document lacks, because it was stored in an older shape, shows its default. Defaults that a function
 * makes are only for new documents. A missing timestamp shows when the ObjectId was made.
 */
export function toRepresentation(fields: readonly Field[], document: Document): Document {
  return { id: document['_id'], ...shown(fields, document, document['_id']) };
}

function shown(fields: readonly Field[], document: Document, id: unknown): Document {
  const out: Document = {};
  for (const field of fields) {
    const value = document[field.name] ?? (field.managed ? madeAt(id) : constantDefaultOf(field));
    if (value !== undefined) out[field.name] = shownValue(field, value, id);
  }
  return out;
}

function shownValue({ type, fields, items }: Field, value: unknown, id: unknown): unknown {
  if (type === 'Object' && isObject(value)) return shown(fields, value, id);
  if (items && Array.isArray(value)) return value.map((item) => shownValue(items, item, id));
  return value instanceof Long ? shownInt64(value) : value;
}

const madeAt = (id: unknown) => (id instanceof ObjectId ? id.getTimestamp() : null);

/** The default of a field in a new document. It may be a function, and any value that Mongoose can cast to the field's type. */
export function defaultOf(field: Field): unknown {
  const value: unknown = typeof field.default === 'function' ? field.default() : field.default;
  return value === undefined ? undefined : toStored(field, value);
}

/** The default of a field in a document that was stored before; undefined if a function makes the default. */
export const constantDefaultOf = (field: Field): unknown =>
  hasConstantDefault(field) ? toStored(field, field.default, constantDefaultOf) : undefined;

/** The stored value for a JSON value; a new object if it is one. */
function toStored(field: Field, value: unknown, fill?: Fill): unknown {
  if (value === null) return null;
  switch (field.type) {
    case 'Date':
      return new Date(typeof value === 'string' ? value : Number(value));
    case 'ObjectId':
      return new ObjectId(String(value));
    case 'Int32':
    case 'Number':
    case 'Double':
      // JSON's -0 would be stored as a double; it equals 0.
      return Number(value) + 0;
    case 'Object':
      return isObject(value) ? toObject(field.fields, value, fill) : value;
    case 'Array': {
      const { items } = field;
      return Array.isArray(value) && items ? value.map((item) => toStored(items, item, fill)) : value;
    }
    default:
      return value;
  }
}
