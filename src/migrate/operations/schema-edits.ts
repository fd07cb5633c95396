import type { Document } from 'mongodb';
import { listOf } from './validators.ts';

/** Changes what the schema of an object says of one of its fields. */
type SchemaEdit = (object: Document, name: string) => Document;

/** Gives the field this schema. */
export const withSchema =
  (schema: Document): SchemaEdit =>
  (object, name) => ({ ...object, properties: { ...object['properties'], [name]: schema } });

/** Says nothing of the field any more. */
export const withoutField: SchemaEdit = (object, name) => {
  const { [name]: _gone, ...properties } = object['properties'] ?? {};
  return withOptional(object['properties'] === undefined ? object : { ...object, properties }, name);
};

/** Refuses objects without the field. */
export const withRequired: SchemaEdit = (object, name) => {
  const names = listOf(object['required']);
  return names.includes(name) ? object : { ...object, required: [...names, name] };
};

/** Accepts objects without the field. */
export const withOptional: SchemaEdit = (object, name) => {
  const { required, ...rest } = object;
  const names = listOf(required).filter((one) => one !== name);
  return names.length > 0 ? { ...object, required: names } : rest;
};

/** The schema after an edit of the field at a dotted path; `objectAround` must find the object that the field lies in. */
export function editAt(schema: Document, path: string, edit: SchemaEdit): Document {
  const [name = '', ...rest] = path.split('.');
  if (rest.length === 0) return edit(schema, name);
  return withSchema(editAt(schema['properties'][name], rest.join('.'), edit))(schema, name);
}

/** What a schema says of the object that the field at a dotted path lies in; `undefined` if it names no such object. */
export function objectAround(schema: Document, path: string): Document | undefined {
  const [name = '', ...rest] = path.split('.');
  if (rest.length === 0) return schema;
  const inner: Document | undefined = schema['properties']?.[name];
  const { bsonType = 'object' } = inner ?? {};
  return inner !== undefined && [bsonType].flat().includes('object') ? objectAround(inner, rest.join('.')) : undefined;
}
