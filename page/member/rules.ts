import type { Flaw } from '../problem.ts';
import type { Field, Schema } from '../resources.ts';
import { isObject, pointerOf, Unreadable, type Path, type Values } from './values.ts';

/** The words for what a value must be, by the types of JSON Schema. */
const TYPES: Readonly<Record<string, { words: string; test: (value: unknown) => boolean }>> = {
  string: { words: 'a text', test: (value) => typeof value === 'string' },
  number: { words: 'a number', test: (value) => typeof value === 'number' },
  integer: { words: 'a whole number', test: Number.isInteger },
  boolean: { words: 'yes or no', test: (value) => typeof value === 'boolean' },
  array: { words: 'a list: […]', test: Array.isArray },
  object: { words: 'an object: {…}', test: isObject },
  null: { words: 'nothing', test: (value) => value === null },
};

/**
 * What is wrong with the values of a form, as far as it can be known here. The API has the last word.
 * @param isNew whether they are for a new member, which gets defaults for what is left out
 */
export const flawsOf = (fields: readonly Field[], values: Values, isNew: boolean): Flaw[] =>
  fields.flatMap(({ name, schema, isRequired, isOptional, isReadOnly }) => {
    if (isReadOnly) return [];
    const mustBe = isNew ? isRequired : !isOptional;
    if (values[name] === undefined) return mustBe ? [flaw([name], 'required', 'is required')] : [];
    return flawsIn(schema, values[name], [name]);
  });

const flaw = (path: Path, keyword: string, detail: string): Flaw => ({ pointer: pointerOf(path), keyword, detail });

function flawsIn(schema: Schema, value: unknown, path: Path): Flaw[] {
  if (value instanceof Unreadable) return [flaw(path, 'type', value.flaw)];
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => TYPES[type]?.test(value))) {
    const words = types.map((type) => TYPES[type]?.words ?? type).join(' or ');
    return [flaw(path, 'type', value === '' || value === null ? `must be ${words}, and is empty` : `must be ${words}`)];
  }
  if (schema.enum && !schema.enum.includes(value))
    return [flaw(path, 'enum', `must be one of ${schema.enum.map((one) => one ?? 'none').join(', ')}`)];
  if (typeof value === 'string') return textFlaws(schema, value).map((detail) => flaw(path, 'text', detail));
  if (typeof value === 'number') return numberFlaws(schema, value).map((detail) => flaw(path, 'number', detail));
  if (Array.isArray(value)) return arrayFlaws(schema, value, path);
  return isObject(value) ? objectFlaws(schema, value, path) : [];
}

/** Lengths count code points, as in JSON Schema. */
function textFlaws({ minLength = 0, maxLength = Infinity, pattern }: Schema, text: string): string[] {
  const { length } = Array.from(text);
  if (length === 0 && minLength > 0) return ['must not be empty'];
  if (length < minLength) return [`must have at least ${minLength} characters, and has ${length}`];
  if (length > maxLength) return [`must have at most ${maxLength} characters, and has ${length}`];
  return pattern !== undefined && !new RegExp(pattern, 'u').test(text) ? [`must look like ${pattern}`] : [];
}

function numberFlaws({ minimum = -Infinity, maximum = Infinity }: Schema, number: number): string[] {
  if (number < minimum) return [`must be at least ${minimum}`];
  return number > maximum ? [`must be at most ${maximum}`] : [];
}

function arrayFlaws({ minItems = 0, maxItems = Infinity, items = {} }: Schema, list: unknown[], path: Path): Flaw[] {
  if (list.length < minItems) return [flaw(path, 'minItems', `must have at least ${minItems} values`)];
  if (list.length > maxItems) return [flaw(path, 'maxItems', `must have at most ${maxItems} values`)];
  return list.flatMap((item, index) => flawsIn(items, item, [...path, String(index)]));
}

function objectFlaws({ properties = {}, required = [] }: Schema, object: Values, path: Path): Flaw[] {
  const lacking = required.filter((name) => object[name] === undefined);
  return [
    ...lacking.map((name) => flaw([...path, name], 'required', 'is required')),
    ...Object.entries(object).flatMap(([name, value]) => {
      const schema = properties[name];
      const place = [...path, name];
      return schema ? flawsIn(schema, value, place) : [flaw(place, 'additionalProperties', 'is not a field here')];
    }),
  ];
}
