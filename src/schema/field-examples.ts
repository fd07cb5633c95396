import { compile } from './ajv.ts';
import type { Field } from './field.ts';
import { fieldSchema } from './json-schema.ts';
import { patternSample } from './pattern-sample.ts';

/**
 * A value that a field may have, in JSON: its default, or one made from its rules. `undefined` if none was found. Also
 * `undefined` for an object, and an array without a default, whose examples are made of those of their parts.
 */
export function exampleOf(field: Field): unknown {
  const accepts = compile(fieldSchema(field, 'create'));
  return candidates(field).find((value) => value !== undefined && value !== null && accepts(value));
}

const MOST_REPEATS = 64;

function candidates({ type, keywords, default: value }: Field): unknown[] {
  const { enum: listed = [], minimum = 0, maximum = 0, minLength = 1, maxLength = 8, pattern } = keywords;
  const usual = typeof value === 'function' || (Array.isArray(value) && value.length === 0) ? [] : [value];
  switch (type) {
    case 'String':
      if (pattern === undefined)
        return [...usual, ...listed, 'text', 'a'.repeat(Math.max(minLength, Math.min(maxLength, 4))), ''];
      return [...usual, ...listed, ...repeats(minLength, maxLength).map((times) => patternSample(pattern, times))];
    case 'Int32':
    case 'Number':
    case 'Double':
      return [
        ...usual,
        ...listed,
        1,
        0,
        Math.ceil(minimum),
        Math.floor(maximum),
        minimum,
        maximum,
        (minimum + maximum) / 2,
      ];
    case 'Boolean':
      return [...usual, true, false];
    case 'Date':
      return ['2026-05-01T12:00:00.000Z'];
    case 'ObjectId':
      return ['65a1b2c3d4e5f60718293a4b'];
    case 'Array':
      return usual;
    default:
      return [];
  }
}

/** The numbers of repeats to try in a pattern. */
const repeats = (minLength: number, maxLength: number) => [
  1,
  0,
  ...Array.from({ length: MOST_REPEATS }, (_, times) => times + 2),
  minLength,
  maxLength,
];
