import { toChanges, type PlannedUpdate, type Field } from '../../schema/index.ts';
import { Problem, type Flaw } from '../http/problems.ts';
import { escapePointer, type Valid } from '../http/validation.ts';
import { isObject } from '../../document.ts';

/**
 * The changes that a merge patch (RFC 7396) asks for. The patch must satisfy the `update` schema. If it reaches into
 * objects, the result is a function of the present document, because an object that is not there yet is created.
 * That function throws {Problem} 422 if a created object lacks required fields.
 */
export function mergePatched(fields: readonly Field[], patch: Valid): PlannedUpdate {
  const isInside = fields.some(({ name, type }) => type === 'Object' && isObject(patch[name]));
  if (!isInside) return toChanges(fields, patch);
  return (present) => {
    const changes = toChanges(fields, patch, present);
    const flaws = Object.entries(changes.$set).flatMap(([path, value]) => missingAt(fields, path.split('.'), value));
    if (flaws.length > 0)
      throw new Problem(
        422,
        'The patch creates an object without its required fields. Add the fields in errors.',
        flaws,
      );
    return changes;
  };
}

/** The required fields that an object at a path lacks. Elements of arrays were checked with the patch. */
function missingAt(fields: readonly Field[], [name = '', ...rest]: readonly string[], value: unknown): Flaw[] {
  const field = fields.find((one) => one.name === name);
  if (field?.type !== 'Object') return [];
  return under(name, rest.length > 0 ? missingAt(field.fields, rest, value) : missingIn(field.fields, Object(value)));
}

const missingIn = (fields: readonly Field[], object: Valid): Flaw[] =>
  fields.flatMap((field) => {
    const value = object[field.name];
    if (value === undefined && !field.required) return [];
    const inside = field.type === 'Object' ? missingIn(field.fields, Object(value)) : [];
    const isWhole = value === undefined && inside.length === 0;
    return under(field.name, isWhole ? [{ pointer: '', keyword: 'required', detail: 'is required' }] : inside);
  });

const under = (name: string, flaws: readonly Flaw[]): Flaw[] =>
  flaws.map((flaw) => ({ ...flaw, pointer: `/${escapePointer(name)}${flaw.pointer}` }));
