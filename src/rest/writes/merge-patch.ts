import { toChanges, type PlannedUpdate, type Field } from '../../schema/index.ts';
import { Problem, type Flaw } from '../http/problems.ts';
import { escapePointer, type Valid } from '../http/validation.ts';
import { isObject } from '../../document.ts';

/**
 * The changes of a merge patch (RFC 7396) that satisfies the `update` schema. They depend on the present document where
 * the patch reaches into objects: what is none yet is made one.
 * They throw {Problem} 422 if an object that is made lacks what it must have.
 */
export function mergePatched(fields: readonly Field[], patch: Valid): PlannedUpdate {
  const isInside = fields.some(({ name, type }) => type === 'Object' && isObject(patch[name]));
  if (!isInside) return toChanges(fields, patch);
  return (present) => {
    const changes = toChanges(fields, patch, present);
    const flaws = Object.entries(changes.$set).flatMap(([path, value]) => lacking(fields, path.split('.'), value));
    if (flaws.length > 0) throw new Problem(422, 'The patch makes an object without what it must have.', flaws);
    return changes;
  };
}

/** What is missing in an object that is set at a path; elements of arrays were looked at with the patch. */
function lacking(fields: readonly Field[], [name = '', ...rest]: readonly string[], value: unknown): Flaw[] {
  const field = fields.find((one) => one.name === name);
  if (field?.type !== 'Object') return [];
  return under(name, rest.length > 0 ? lacking(field.fields, rest, value) : lackingIn(field.fields, Object(value)));
}

const lackingIn = (fields: readonly Field[], object: Valid): Flaw[] =>
  fields.flatMap((field) => {
    const value = object[field.name];
    if (value === undefined && !field.required) return [];
    const inside = field.type === 'Object' ? lackingIn(field.fields, Object(value)) : [];
    const isWhole = value === undefined && inside.length === 0;
    return under(field.name, isWhole ? [{ pointer: '', keyword: 'required', detail: 'is required' }] : inside);
  });

const under = (name: string, flaws: readonly Flaw[]): Flaw[] =>
  flaws.map((flaw) => ({ ...flaw, pointer: `/${escapePointer(name)}${flaw.pointer}` }));
