import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import { isObject } from '../../document.ts';

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

/** Every keyword narrows a schema, so keywords that the two do not share are left out. */
function eitherObject(left: Document, right: Document): Document {
  const shared = Object.entries(left).filter(([keyword, value]) => isDeepStrictEqual(value, right[keyword]));
  const required = listOf(left['required']).filter((name) => listOf(right['required']).includes(name));
  const { properties: _properties, required: _required, additionalProperties, ...rest } = Object.fromEntries(shared);
  // additionalProperties rules the fields that no pattern matches, so it is shared only if the patterns are.
  const isShared =
    additionalProperties !== undefined && isDeepStrictEqual(left['patternProperties'], right['patternProperties']);
  return {
    ...rest,
    ...(required.length > 0 && { required }),
    ...(('properties' in left || 'properties' in right) && { properties: eitherProperties(left, right) }),
    ...(isShared && { additionalProperties }),
  };
}

function eitherProperties(left: Document, right: Document): Document {
  const inLeft: Document = left['properties'] ?? {};
  const inRight: Document = right['properties'] ?? {};
  const names = [...new Set([...Object.keys(inLeft), ...Object.keys(inRight)])];
  return Object.fromEntries(
    names.map((name) => [name, either(inLeft[name] ?? unnamed(left), inRight[name] ?? unnamed(right))]),
  );
}

/** The schema of a field that an object's schema does not name; `undefined` where there may be no such field. */
const unnamed = ({ additionalProperties, patternProperties }: Document) =>
  additionalProperties === false && patternProperties === undefined ? undefined : {};

function either(left: Document | undefined, right: Document | undefined): Document {
  if (left === undefined) return incomplete(right ?? {});
  if (right === undefined) return incomplete(left);
  if (isDeepStrictEqual(left, right)) return right;
  const isOneKind = isDeepStrictEqual(left['bsonType'], right['bsonType']);
  return isOneKind && hasRulesForFields(left, right) ? eitherObject(left, right) : { anyOf: [left, right] };
}

const FIELDS = ['properties', 'required', 'additionalProperties', 'patternProperties'];

const hasRulesForFields = (...schemas: Document[]) =>
  schemas.some((schema) => [schema['bsonType']].flat().includes('object') || FIELDS.some((key) => key in schema));

/** The schema of an added or removed object, without required fields: its fields come or go one after the other. */
function incomplete(schema: Document): Document {
  const { required: _required, properties, ...rest } = schema;
  if (!isObject(properties)) return schema;
  const inner = Object.entries(properties).map(([name, one]) => [name, incomplete(one)]);
  return { ...rest, properties: Object.fromEntries(inner) };
}

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
