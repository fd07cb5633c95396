import type { Document } from 'mongodb';
import { constantDefaultOf, type UpdateOperators, type Field } from '../../schema/index.ts';

/**
 * An update pipeline that makes the changes and stamps the document if a client will see a difference, and else leaves
 * the document as it is. See "Updates with Aggregation Pipeline" in MongoDB's manual.
 * @param carried expressions of fields that a changed document gets as well
 * @param conditions expressions that must be true as well. What is removed is removed without them, so then the filter must
 *   have them too
 */
export function visibleUpdate(
  fields: readonly Field[],
  { $set, $unset }: UpdateOperators,
  stamp: Document,
  carried?: Document,
  conditions: readonly Document[] = [],
): Document[] {
  const removed = Object.keys($unset);
  const differences = [
    ...Object.entries($set).flatMap(([path, value]) => differing(fieldAt(fields, path.split('.')), path, value)),
    ...removed.map((path) => ({ $ne: [orNull(path), null] })),
  ];
  const isChanged = { $and: [...conditions, { $or: differences }] };
  const changed = { $mergeObjects: ['$$ROOT', ...assembled({ ...$set, ...stamp }), ...(carried ? [carried] : [])] };
  return [
    { $replaceWith: { $cond: [isChanged, changed, '$$ROOT'] } },
    ...(removed.length > 0 ? [{ $unset: removed }] : []),
  ];
}

/** The field at a path; `undefined` if no client sees what is there. */
function fieldAt(fields: readonly Field[], [name, ...rest]: readonly string[]): Field | undefined {
  const field = fields.find((one) => one.name === name);
  return field && rest.length > 0 ? fieldAt(field.fields, rest) : field;
}

const orNull = (path: string, otherwise: unknown = null) => ({ $ifNull: [`$${path}`, { $literal: otherwise }] });

/**
 * Expressions, one of which is true if a client would see the stored value differ from the given one. A value that is
 * null or absent shows as the default.
 */
function differing(field: Field | undefined, path: string, value: unknown): Document[] {
  if (!field) return [];
  const fallback = constantDefaultOf(field);
  if (field.type !== 'Object' || typeof value !== 'object' || value === null)
    return [{ $ne: [orNull(path, fallback), { $literal: value }] }];
  const inner = field.fields.flatMap((one) => {
    const within = `${path}.${one.name}`;
    const innerValue: unknown = Object(value)[one.name];
    return innerValue === undefined ? [{ $ne: [orNull(within), null] }] : differing(one, within, innerValue);
  });
  return [{ $ne: [{ $type: orNull(path, fallback) }, 'object'] }, ...inner];
}

/**
 * Turns values by dotted paths into objects of expressions, which are to be merged. What no path names stays as it is stored.
 * One literal with many values is read faster than many of them.
 */
function assembled(values: Document, prefix = ''): Document[] {
  const literal: Document = {};
  const inner = new Map<string, Document>();
  for (const [path, value] of Object.entries(values)) {
    const [name = '', ...rest] = path.split('.');
    if (rest.length === 0) literal[name] = value;
    else inner.set(name, { ...inner.get(name), [rest.join('.')]: value });
  }
  const objects = Array.from(inner, ([name, innerValues]) => {
    const path = prefix + name;
    const present = { $cond: [{ $eq: [{ $type: `$${path}` }, 'object'] }, `$${path}`, {}] };
    return [name, { $mergeObjects: [present, ...assembled(innerValues, `${path}.`)] }] as const;
  });
  return [{ $literal: literal }, ...(objects.length > 0 ? [Object.fromEntries(objects)] : [])];
}
