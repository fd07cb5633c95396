import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import type { Change, ChangeOf } from './change.ts';
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
  if (isRetyped || from !== field) {
    const types = { before: before ?? [], after: after ?? [] };
    changes.push(
      ...retypings({ kind: 'retypeField', collection, field, from, ...types, fallback, fallbackBefore }, old),
    );
  }
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
  return (
    before.some((type) => isLost(type, before, after, fallback)) ||
    after.some((type) => isLost(type, after, before, fallbackBefore))
  );
}

const isLost = (type: string, types: readonly string[], kept: readonly string[], value: unknown) =>
  types.includes(type) && !kept.includes(type) && (type !== 'missing' || value !== undefined || kept.includes('null'));

/**
 * A renamed field that may be absent under one of its names only gets its value under the other name: there it is
 * absent because it has none, and never because it was not renamed yet.
 */
function retypings(change: ChangeOf<'retypeField'>, old: string): ChangeOf<'retypeField'>[] {
  const { field, before, after, fallback, fallbackBefore } = change;
  const isRetyped = (one: ChangeOf<'retypeField'>) =>
    one.from !== one.field || !isDeepStrictEqual(one.before, one.after);
  if (old !== field && isLost('missing', before, after, fallback)) {
    const either = [...after, 'missing'].toSorted();
    return [
      { ...change, after: either },
      { ...change, from: field, before: either },
    ].filter(isRetyped);
  }
  if (old !== field && isLost('missing', after, before, fallbackBefore)) {
    const either = [...before, 'missing'].toSorted();
    return [
      { ...change, field: old, from: old, after: either },
      { ...change, before: either },
    ].filter(isRetyped);
  }
  return [change];
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
