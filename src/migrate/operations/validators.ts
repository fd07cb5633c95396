import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';

/**
 * A validator that accepts what either of two accepts, and documents between the two, field by field.
 * Only their JSON Schemas are combined; a condition outside of them stays if both have it.
 */
export function eitherValidator(before: Document, after: Document): Document {
  const { $jsonSchema: left, ...conditionsLeft } = before;
  const { $jsonSchema: right, ...conditionsRight } = after;
  return {
    ...(isDeepStrictEqual(conditionsLeft, conditionsRight) && conditionsLeft),
    ...(isObject(left) && isObject(right) && { $jsonSchema: eitherObject(left, right) }),
  };
}

/** Every keyword narrows a schema, so one that the two do not share is left out. */
function eitherObject(left: Document, right: Document): Document {
  const shared = Object.entries(left).filter(([keyword, value]) => isDeepStrictEqual(value, right[keyword]));
  const properties = eitherProperties(left, right);
  const required = listOf(left['required']).filter((name) => listOf(right['required']).includes(name));
  const { additionalProperties, ...rest } = Object.fromEntries(shared);
  delete rest['required'];
  return {
    ...rest,
    ...(required.length > 0 && { required }),
    ...(properties && { properties }),
    ...(additionalProperties === false && isClosed(left) && isClosed(right) && { additionalProperties }),
  };
}

function eitherProperties(left: Document, right: Document): Document | undefined {
  if (!isObject(left['properties']) || !isObject(right['properties'])) return undefined;
  const inLeft: Document = left['properties'];
  const inRight: Document = right['properties'];
  const names = [...new Set([...Object.keys(inLeft), ...Object.keys(inRight)])];
  return Object.fromEntries(
    names.map((name) => [name, either(inLeft[name] ?? elsewhere(left), inRight[name] ?? elsewhere(right))]),
  );
}

/** What a schema says of a field that it does not name; `undefined`: that there is none. */
const elsewhere = (schema: Document) => (isClosed(schema) ? undefined : {});

function either(left: unknown, right: unknown): unknown {
  if (isDeepStrictEqual(left, right)) return right;
  if (left === undefined) return incomplete(right);
  if (right === undefined) return incomplete(left);
  const bothObjects = isObject(left) && isObject(right) && isPlainObject(left) && isPlainObject(right);
  return bothObjects ? eitherObject(left, right) : { anyOf: [left, right] };
}

/** The schema of an object that comes or goes: fields move into it or out of it one after the other. */
function incomplete(schema: unknown): unknown {
  if (!isObject(schema) || !isPlainObject(schema)) return schema;
  const { required: _, properties, ...rest } = schema;
  const inner = Object.entries(Object(properties)).map(([name, one]) => [name, incomplete(one)]);
  return { ...rest, properties: Object.fromEntries(inner) };
}

/** Whether fields that `properties` does not name are refused. */
const isClosed = (schema: Document) =>
  schema['additionalProperties'] === false && isObject(schema['properties']) && !('patternProperties' in schema);

const isPlainObject = (schema: Document) => schema['bsonType'] === 'object' && isObject(schema['properties']);

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const isObject = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
