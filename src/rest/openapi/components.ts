import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../../schema/index.ts';

/** The kinds of parts that are described once and referred to (OpenAPI 3.1, "Components Object"). */
type Kind = 'schemas' | 'parameters' | 'headers' | 'responses';

/** Collects components while operations are described. */
export interface Components {
  collected: Partial<Record<Kind, Record<string, object>>>;
  /** Makes the value a component and returns the reference to it; returns the value if the name belongs to another one. */
  share: (kind: Kind, name: string, value: object) => object;
  /** Makes each titled schema in a schema, and the schema itself, a component with that name. */
  schema: (schema: JsonSchema) => JsonSchema;
}

/** A new collection. */
export function collectComponents(): Components {
  const collected: Components['collected'] = {};
  const share: Components['share'] = (kind, name, value) => {
    const named = (collected[kind] ??= {});
    const key = name.replaceAll(/[^\w.-]/g, '-');
    if (!isDeepStrictEqual((named[key] ??= value), value)) return value;
    return { $ref: `#/components/${kind}/${key}` };
  };
  const schema = (one: JsonSchema): JsonSchema => {
    const described = { ...sized(one), ...withParts(one, schema) };
    return typeof one['title'] === 'string' ? { ...share('schemas', one['title'], described) } : described;
  };
  return { collected, share, schema };
}

const ONE = new Set(['items', 'contains', 'additionalProperties', 'not', 'if', 'then', 'else']);
const LISTS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const NAMED = new Set(['properties', 'patternProperties', '$defs']);

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The keywords of a schema that hold schemas, with each of these mapped. */
function withParts(schema: JsonSchema, map: (part: JsonSchema) => JsonSchema): JsonSchema {
  const mapped = (part: unknown) => (isSchema(part) ? map(part) : part);
  const parts: JsonSchema = {};
  for (const [keyword, value] of Object.entries(schema))
    if (ONE.has(keyword)) parts[keyword] = mapped(value);
    else if (LISTS.has(keyword) && Array.isArray(value)) parts[keyword] = value.map(mapped);
    else if (NAMED.has(keyword) && isSchema(value))
      parts[keyword] = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapped(part)]));
  return parts;
}

/** Adds the format of an integer. Client generators choose a type by it, not by the bounds (OpenAPI 3.1, "Data Types"). */
function sized(schema: JsonSchema): JsonSchema {
  const { type, minimum, maximum } = schema;
  if (![type].flat().includes('integer') || minimum === undefined || maximum === undefined) return schema;
  const fits = Number(minimum) >= -(2 ** 31) && Number(maximum) < 2 ** 31;
  return { ...schema, format: fits ? 'int32' : 'int64' };
}
