import type { Document } from 'mongodb';

/** The indexes that a write makes, by whichever method of the driver. */
export function indexesOf(
  operation: string,
  [first, second]: readonly unknown[],
): (Document & { key: Document; unique?: unknown })[] {
  if (operation === 'createIndex') return [{ ...Object(second), key: keyOf(first) }];
  if (operation !== 'createIndexes') return [];
  return [first].flat().map((index) => ({ ...Object(index), key: keyOf(Object(index).key) }));
}

/** The name that the driver gives an index. */
export const nameOf = (specification: unknown): string => Object.entries(keyOf(specification)).flat().join('_');

/**
 * The key of an index, from all forms that the driver accepts: `title`, `{ title: 1 }`, `['title', -1]` or a list of
 * these.
 */
function keyOf(specification: unknown): Document {
  if (typeof specification === 'string') return { [specification]: 1 };
  if (!Array.isArray(specification)) return Object(specification);
  const [field, direction] = specification;
  if (specification.length === 2 && isDirection(direction)) return { [String(field)]: direction };
  const pair = (one: unknown) => (Array.isArray(one) ? { [String(one[0])]: one[1] ?? 1 } : keyOf(one));
  return Object.assign({}, ...specification.map(pair));
}

const isDirection = (value: unknown) =>
  typeof value === 'number' || ['2d', '2dsphere', 'text', 'geoHaystack'].includes(String(value));
