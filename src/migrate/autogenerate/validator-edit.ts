import type { Document } from 'mongodb';
import { edited, type ValidatorEdit } from '../operations/edit-validator.ts';
import { isClosed, isNested, isRequired, isSameSchema, propertiesOf, schemaOf, type CollectionShape } from './shape.ts';

/**
 * The edit that turns the validator of one shape into the validator of another.
 * @returns `undefined` where an edit cannot say it: the rules for whole documents differ, or a field has a dot in its
 *   name
 */
export function editBetween(before: CollectionShape, after: CollectionShape): ValidatorEdit | undefined {
  const [left, right] = [schemaOf(before), schemaOf(after)];
  const differences = differencesOf(left, right, []);
  if (differences.flatMap(({ steps }) => steps).some((step) => step.includes('.'))) return undefined;
  const set = differences.flatMap(({ steps, schema }) => (schema === undefined ? [] : [[steps.join('.'), schema]]));
  const lists = Object.entries({
    unset: differences.filter(({ isGone }) => isGone),
    required: differences.filter(({ required }) => required === true),
    optional: differences.filter(({ required }) => required === false),
  }).map(([key, found]): [string, string[]] => [key, found.map(({ steps }) => steps.join('.'))]);
  const edit: ValidatorEdit = {
    ...(set.length > 0 && { set: Object.fromEntries(set) }),
    ...Object.fromEntries(lists.filter(([, paths]) => paths.length > 0)),
    ...(isClosed(left) !== isClosed(right) && { otherFields: isClosed(right) ? 'refused' : 'allowed' }),
  };
  return isSameSchema(edited(before.validator ?? {}, edit, after.name), after.validator ?? {}) ? edit : undefined;
}

interface Difference {
  /** The path of a field. */
  steps: string[];
  /** Its schema afterwards, unless only the fields in it differ. */
  schema?: Document | undefined;
  isGone?: boolean;
  /** Whether it is required afterwards; absent if that does not change. */
  required?: boolean | undefined;
}

function differencesOf(left: Document, right: Document, around: string[]): Difference[] {
  const [old, next] = [propertiesOf(left), propertiesOf(right)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(next)])];
  return names.flatMap((name): Difference[] => {
    const steps = [...around, name];
    const [was, is] = [old[name], next[name]];
    if (is === undefined) return [{ steps, isGone: true }];
    const required = isRequired(left, name) === isRequired(right, name) ? undefined : isRequired(right, name);
    if (was === undefined) return [{ steps, schema: is, required }];
    const isInside = isNested(was) && isNested(is) && isSameSchema({ ...was, ...INSIDE }, { ...is, ...INSIDE });
    const own = isInside || isSameSchema(was, is) ? undefined : is;
    const inside = isInside ? differencesOf(was, is, steps) : [];
    return [...(own === undefined && required === undefined ? [] : [{ steps, schema: own, required }]), ...inside];
  });
}

/** What an object's schema says of the fields in it. */
const INSIDE = { properties: null, required: null };
