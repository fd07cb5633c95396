import { hasConstantDefault } from './defaults.ts';
import type { Field } from './field.ts';

/** A JSON Schema (draft 2020-12, as OpenAPI 3.1 uses it). */
export interface JsonSchema {
  [keyword: string]: unknown;
}

interface ObjectSchema extends JsonSchema {
  properties: Record<string, JsonSchema>;
  required?: string[];
}

/** What the schema describes: a body that creates or replaces, a merge patch, or an answer. */
export type Purpose = 'create' | 'update' | 'read';

/** The range of an Int32. */
export const INT32 = { minimum: -2_147_483_648, maximum: 2_147_483_647 };

const TYPES: Readonly<Record<Field['type'], JsonSchema>> = {
  String: { type: 'string' },
  Int32: { type: 'integer', ...INT32 },
  Number: { type: 'number' },
  Double: { type: 'number' },
  Boolean: { type: 'boolean' },
  Date: { type: 'string', format: 'date-time', maxLength: 64 },
  ObjectId: { type: 'string', pattern: '^[0-9a-f]{24}$', maxLength: 24 },
  Object: { type: 'object' },
  Array: { type: 'array' },
};

/** The id that every resource has: the ObjectId's 24 hexadecimal digits. */
export const idSchema: JsonSchema = {
  ...TYPES.ObjectId,
  description: 'The identifier, which the server sets',
  readOnly: true,
  examples: ['65a1b2c3d4e5f60718293a4b'],
};

/** The closed object schema of a resource, or of an object in it. */
export function objectSchema(fields: readonly Field[], purpose: Purpose): ObjectSchema {
  const shown = fields.filter((field) => purpose === 'read' || !field.managed);
  const required = shown.filter((field) => isRequired(field, purpose)).map((field) => field.name);
  return {
    type: 'object',
    properties: Object.fromEntries(shown.map((field) => [field.name, fieldSchema(field, purpose)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function isRequired(field: Field, purpose: Purpose): boolean {
  if (purpose === 'update') return false;
  // Answers always have fields with a constant default and fields that the server sets. A body may leave out any field with a default.
  if (purpose === 'read') return field.required || hasConstantDefault(field) || field.managed;
  return field.required && field.default === undefined && !field.managed;
}

/** The schema of one field. */
export function fieldSchema(field: Field, purpose: Purpose): JsonSchema {
  const schema: JsonSchema = { ...TYPES[field.type], ...field.keywords };
  // In a merge patch null removes a member (RFC 7396), so a field that may be absent may be null.
  const removable = purpose === 'update' && !field.required && !hasConstantDefault(field);
  if (field.nullable || removable)
    Object.assign(schema, { type: [schema['type'], 'null'], ...withNull(schema['enum']) });
  if (field.type === 'Object') Object.assign(schema, objectSchema(field.fields, purpose), { type: schema['type'] });
  // A merge patch replaces a whole array, so its items must be complete.
  if (field.items) schema['items'] = fieldSchema(field.items, purpose === 'read' ? 'read' : 'create');
  if (field.description !== undefined) schema['description'] = field.description;
  if (field.example !== undefined) schema['examples'] = [field.example];
  if (field.managed) schema['readOnly'] = true;
  if (purpose === 'create' && hasConstantDefault(field) && field.type !== 'Object') schema['default'] = field.default;
  return schema;
}

/** The enumeration of a value that may also be null. No other keyword would refuse null. */
export const withNull = (listed: unknown): { enum?: unknown[] } =>
  Array.isArray(listed) ? { enum: [...listed.filter((value) => value !== null), null] } : {};
