import type { Document } from 'mongodb';
import type { Change } from './change.ts';
import {
  constantPart,
  defaultOf,
  isClosed,
  isNested,
  isRequired,
  isSameSchema,
  propertiesOf,
  typesOf,
  type CollectionShape,
} from './shape.ts';

interface Context {
  before: CollectionShape;
  after: CollectionShape;
  /** Old paths of renamed fields, by their new ones. */
  renamed: ReadonlyMap<string, string>;
  /** New paths of those that get another type as well. */
  retyped: ReadonlySet<string>;
}

/** Differences of the fields of two objects, and of those in them; `prefix` is the objects' path with a dot. */
export function compareObjects(before: Document, after: Document, prefix: string, context: Context): Change[] {
  const [old, next] = [propertiesOf(before), propertiesOf(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter((name) => prefix + name !== '_id');
  const { name: collection } = context.after;
  return names.flatMap((name): Change[] => {
    const field = prefix + name;
    const [left, right] = [old[name], next[name]];
    const [wasRequired, required] = [isRequired(before, name), isRequired(after, name)];
    if (left === undefined && right !== undefined) {
      const value = defaultOf(context.after, field);
      return [{ kind: 'addField', collection, field, schema: right, required, value, isKept: !isClosed(before) }];
    }
    if (left !== undefined && right === undefined) {
      const value = constantPart(defaultOf(context.before, field));
      return [{ kind: 'removeField', collection, field, schema: left, required: wasRequired, value }];
    }
    if (left === undefined || right === undefined) return [];
    return compareField(field, { left, right, wasRequired, required }, context);
  });
}

interface Sides {
  left: Document;
  right: Document;
  wasRequired: boolean;
  required: boolean;
}

function compareField(field: string, { left, right, wasRequired, required }: Sides, context: Context): Change[] {
  const { name: collection } = context.after;
  const old = context.renamed.get(field) ?? field;
  const from = context.retyped.has(field) ? old : field;
  const fallback = defaultOf(context.after, field);
  const fallbackBefore = defaultOf(context.before, old);
  const [before, after] = [typesOf(left, wasRequired), typesOf(right, required)];
  const changes: Change[] = [];
  const isRetyped = before !== undefined && after !== undefined && isOther(before, after, fallback, fallbackBefore);
  if (isRetyped || from !== field)
    changes.push({
      kind: 'retypeField',
      collection,
      field,
      from,
      before: before ?? [],
      after: after ?? [],
      fallback,
      fallbackBefore,
    });
  const isInside = isNested(left) && isNested(right);
  if (isInside) changes.push(...compareObjects(left, right, `${field}.`, context));
  const own = (schema: Document) => ({
    ...schema,
    bsonType: isRetyped ? null : (schema['bsonType'] ?? null),
    ...(isInside && { properties: null, required: null }),
  });
  const isConstrained = !isSameSchema(own(left), own(right)) || (wasRequired !== required && !isRetyped);
  const hasOtherElements = !isSameSchema(elementTypes(left), elementTypes(right));
  if (isConstrained)
    changes.push({ kind: 'constrainField', collection, field, before: left, after: right, hasOtherElements });
  return changes;
}

/** Values must be converted if types go away; absent ones only if there is something to put in their place. */
function isOther(before: string[], after: string[], fallback: unknown, fallbackBefore: unknown): boolean {
  const lost = (types: string[], kept: string[], value: unknown) =>
    types.some((type) => !kept.includes(type) && (type !== 'missing' || value !== undefined || kept.includes('null')));
  return lost(before, after, fallback) || lost(after, before, fallbackBefore);
}

/** What the elements of an array are, for as far as the database could not convert them. */
function elementTypes({ items }: Document): unknown {
  if (items === undefined) return null;
  return {
    bsonType: items['bsonType'] ?? null,
    properties: Object.keys(propertiesOf(items)),
    items: elementTypes(items),
  };
}
