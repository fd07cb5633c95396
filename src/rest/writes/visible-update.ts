import type { Document } from 'mongodb';
import { constantDefaultOf, type UpdateOperators, type Field } from '../../schema/index.ts';

/**
 * A pipeline that makes the changes and stamps the document, where a client will see a difference; else it leaves the
 * document as it is. See "Updates with Aggregation Pipeline" in MongoDB's manual.
 */
export function visibleUpdate(
  fields: readonly Field[],
  { $set, $unset }: UpdateOperators,
  stamp: Document,
): Document[] {
  const gone = Object.keys($unset);
  const differences = [
    ...Object.entries($set).flatMap(([path, value]) => differing(fieldAt(fields, path.split('.')), path, value)),
    ...gone.map((path) => ({ $ne: [orNull(path), null] })),
  ];
  const changed = { $mergeObjects: ['$$ROOT', assembled($set), { $literal: stamp }] };
  return [
    { $replaceWith: { $cond: [{ $or: differences }, changed, '$$ROOT'] } },
    ...(gone.length > 0 ? [{ $unset: gone }] : []),
  ];
}

/** `undefined` for what no client sees. */
function fieldAt(fields: readonly Field[], [name, ...rest]: readonly string[]): Field | undefined {
  const field = fields.find((one) => one.name === name);
  return field && rest.length > 0 ? fieldAt(field.fields, rest) : field;
}

const orNull = (path: string, otherwise: unknown = null) => ({ $ifNull: [`$${path}`, { $literal: otherwise }] });

/** Expressions of which one is true if the stored value shows as another one. What is null or not there shows the default. */
function differing(field: Field | undefined, path: string, value: unknown): Document[] {
  if (!field) return [];
  const fallback = constantDefaultOf(field);
  if (field.type !== 'Object' || typeof value !== 'object' || value === null)
    return [{ $ne: [orNull(path, fallback), { $literal: value }] }];
  const inner = field.fields.flatMap((one) => {
    const within = `${path}.${one.name}`;
    const own: unknown = Object(value)[one.name];
    return own === undefined ? [{ $ne: [orNull(within), null] }] : differing(one, within, own);
  });
  return [{ $ne: [{ $type: orNull(path, fallback) }, 'object'] }, ...inner];
}

/** The values by their dotted paths as objects, within which what no path names stays. */
function assembled(values: Document, prefix = ''): Document {
  const inner = new Map<string, Document>();
  const whole: Document = {};
  for (const [path, value] of Object.entries(values)) {
    const [name = '', ...rest] = path.split('.');
    if (rest.length === 0) whole[name] = { $literal: value };
    else inner.set(name, { ...inner.get(name), [rest.join('.')]: value });
  }
  for (const [name, own] of inner) {
    const path = prefix + name;
    const present = { $cond: [{ $eq: [{ $type: `$${path}` }, 'object'] }, `$${path}`, {}] };
    whole[name] = { $mergeObjects: [present, assembled(own, `${path}.`)] };
  }
  return whole;
}
