import type { JsonSchema } from '../../schema/index.ts';

/**
 * A value that a schema allows, made of the examples of its parts; `undefined` if it needs a part without an example.
 * The same fields have the same values everywhere, so that requests and answers show the same member.
 */
export function exampleOf(schema: JsonSchema): unknown {
  const { examples, enum: listed, const: only, type, items, properties, required, minItems = 0, maxItems } = schema;
  if (Array.isArray(examples)) return examples[0];
  if (only !== undefined) return only;
  if (Array.isArray(listed)) return listed[0];
  const types = new Set([type].flat());
  if (types.has('object')) return exampleOfObject(Object(properties), [required ?? []].flat());
  if (types.has('array')) {
    const item = exampleOf(Object(items));
    if (item === undefined || maxItems === 0) return Number(minItems) > 0 ? undefined : [];
    return Array.from({ length: Math.max(Number(minItems), 1) }, () => item);
  }
  return undefined;
}

function exampleOfObject(properties: Record<string, JsonSchema>, required: readonly unknown[]): unknown {
  const members = Object.entries(properties)
    .map(([name, schema]): [string, unknown] => [name, exampleOf(schema)])
    .filter(([, value]) => value !== undefined);
  const names = new Set<unknown>(members.map(([name]) => name));
  return required.every((name) => names.has(name)) ? Object.fromEntries(members) : undefined;
}

/** A JSON Patch (RFC 6902) that gives each member of an object its value. */
export const patchOf = (values: object) =>
  Object.entries(values).map(([name, value]) => ({
    op: 'add',
    path: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    value,
  }));
