import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import type { ShapeChange, ShapeChangeOf } from './shape-change.ts';
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
  /** New paths of the renamed fields that get another type too. */
  retyped: ReadonlySet<string>;
}

/** The differences between the fields of two objects, at any depth; `prefix` is the path of the objects with a dot. */
export function compareObjects(before: Document, after: Document, prefix: string, context: Context): ShapeChange[] {
  const [old, next] = [propertiesOf(before), propertiesOf(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter((name) => prefix + name !== '_id');
  const { name: collection } = context.after;
  return names.flatMap((name): ShapeChange[] => {
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

function compareField(field: string, { left, right, wasRequired, required }: Sides, context: Context): ShapeChange[] {
  const { name: collection } = context.after;
  const old = context.renamed.get(field) ?? field;
  const from = context.retyped.has(field) ? old : field;
  const fallback = defaultOf(context.after, field);
  const fallbackBefore = defaultOf(context.before, old);
  const [before, after] = [typesOf(left, wasRequired), typesOf(right, required)];
  const changes: ShapeChange[] = [];
  const isRetyped =
    before !== undefined && after !== undefined && needsConversion(before, after, fallback, fallbackBefore);
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

/**
 * Values must be converted if a type is refused afterwards; absent values only if another value can take their place.
 */
function needsConversion(before: string[], after: string[], fallback: unknown, fallbackBefore: unknown): boolean {
  return (
    before.some((type) => isLost(type, before, after, fallback)) ||
    after.some((type) => isLost(type, after, before, fallbackBefore))
  );
}

const isLost = (type: string, types: readonly string[], kept: readonly string[], value: unknown) =>
  types.includes(type) && !kept.includes(type) && (type !== 'missing' || value !== undefined || kept.includes('null'));

/**
 * A renamed field may be optional under one name and required under the other. Documents without it then get their
 * value under the name that is required: under the optional name a field may also be absent because it is not renamed
 * yet.
 */
function retypings(change: ShapeChangeOf<'retypeField'>, old: string): ShapeChangeOf<'retypeField'>[] {
  const { field, before, after, fallback, fallbackBefore } = change;
  const isRetyped = (one: ShapeChangeOf<'retypeField'>) =>
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

/** The types of an array's elements, at any depth: a generated migration cannot convert elements. */
function elementTypes({ items }: Document): unknown {
  if (items === undefined) return null;
  return {
    bsonType: items['bsonType'] ?? null,
    properties: Object.keys(propertiesOf(items)),
    items: elementTypes(items),
  };
}
