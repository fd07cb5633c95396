import { ObjectId, type Document } from 'mongodb';
import type { Field } from './fields.ts';

type Body = Readonly<Record<string, unknown>>;

/** A whole document, from a body that satisfies the `create` schema; absent fields take their defaults. */
export function toDocument(fields: readonly Field[], body: Body): Document {
  const document: Document = {};
  for (const field of fields) {
    if (field.managed) continue;
    const value = body[field.name] === undefined ? defaultOf(field) : toStored(field, body[field.name]);
    if (value !== undefined) document[field.name] = value;
  }
  return document;
}

/** The update operators for a body that replaces a document: every field a client may write is set or unset. */
export function toReplacement(fields: readonly Field[], body: Body): Changes {
  const $set = toDocument(fields, body);
  const absent = fields.filter((field) => !field.managed && !(field.name in $set));
  return { $set, $unset: Object.fromEntries(absent.map((field) => [field.name, true as const])) };
}

/** Update operators by dotted path. */
export interface Changes {
  $set: Document;
  $unset: Record<string, true>;
}

/** The update operators for a merge patch (RFC 7396) that satisfies the `update` schema. */
export function toChanges(fields: readonly Field[], patch: Body, prefix = ''): Changes {
  const changes: Changes = { $set: {}, $unset: {} };
  for (const field of fields) {
    const value = patch[field.name];
    const path = prefix + field.name;
    if (value === undefined) continue;
    if (field.type === 'Object' && isObject(value)) {
      const inner = toChanges(field.fields, value, `${path}.`);
      Object.assign(changes.$set, inner.$set);
      Object.assign(changes.$unset, inner.$unset);
    } else if (value === null && !field.nullable) changes.$unset[path] = true;
    else changes.$set[path] = toStored(field, value);
  }
  return changes;
}

/**
 * What a client sees of a stored document.
 * A field that the document lacks, because it was stored in an older shape, shows its default;
 * missing timestamps show when the ObjectId was made.
 */
export function toRepresentation(fields: readonly Field[], document: Document): Document {
  return { id: document['_id'], ...shown(fields, document, document['_id']) };
}

function shown(fields: readonly Field[], document: Document, id: unknown): Document {
  const out: Document = {};
  for (const field of fields) {
    const value = document[field.name] ?? (field.managed ? madeAt(id) : defaultOf(field));
    if (field.type === 'Object' && isObject(value)) out[field.name] = shown(field.fields, value, id);
    else if (value !== undefined) out[field.name] = value;
  }
  return out;
}

const madeAt = (id: unknown) => (id instanceof ObjectId ? id.getTimestamp() : null);

function defaultOf(field: Field): unknown {
  if (field.type === 'Object' && field.default !== undefined && field.default !== null)
    return toDocument(field.fields, {});
  if (typeof field.default === 'function') return field.default();
  return typeof field.default === 'object' ? structuredClone(field.default) : field.default;
}

function toStored(field: Field, value: unknown): unknown {
  if (value === null) return null;
  switch (field.type) {
    case 'Date':
      return new Date(String(value));
    case 'ObjectId':
      return new ObjectId(String(value));
    case 'Int32':
    case 'Number':
    case 'Double':
      // JSON's -0 would be stored as a double; it equals 0.
      return Number(value) + 0;
    case 'Object':
      return isObject(value) ? toDocument(field.fields, value) : value;
    case 'Array':
      return Array.isArray(value) && field.items
        ? value.map((item) => field.items && toStored(field.items, item))
        : value;
    default:
      return value;
  }
}

const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
