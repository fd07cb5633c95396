import type { SchemaType } from 'mongoose';
import { OperatorError } from '../operator-error.ts';
import { compile } from './ajv.ts';
import type { Field, Keywords } from './field.ts';
import { fieldSchema, INT32 } from './json-schema.ts';
import { patternFlaw } from './patterns.ts';

/** The error for a declaration that Mongoose, the API and MongoDB could not apply alike. @param place the field: `Engine.thrust` */
export const refusal = (place: string, flaw: string) => new OperatorError(`${place}: ${flaw}.`);

/** Refuses names that are not possible in the database, in a body or in a query. @throws {OperatorError} */
export function checkName(place: string, name: string, isOutermost: boolean): void {
  const flaw = isOutermost && name === 'id' ? '"id" is the name of the identifier' : nameFlaw(name);
  if (flaw !== undefined) throw refusal(place, `${flaw}; give the field another name`);
}

function nameFlaw(name: string): string | undefined {
  if (name in {}) return `every object of JavaScript has a "${name}"`;
  if (/^[$_-]/.test(name)) return 'a name cannot begin with $, _ or -';
  return name === '' || /[.[\]\0]/.test(name) ? 'a name cannot be empty, or have a dot or a bracket in it' : undefined;
}

/** Rules that only Mongoose would obey, and the keywords to use instead. */
const RULES: Readonly<Record<string, keyof Keywords>> = {
  minlength: 'minLength',
  minLength: 'minLength',
  maxlength: 'maxLength',
  maxLength: 'maxLength',
  min: 'minimum',
  max: 'maximum',
  match: 'pattern',
  enum: 'enum',
};
/** Options that change or hide a value, which neither the API nor MongoDB does. */
const CHANGES = ['trim', 'lowercase', 'uppercase', 'set', 'get', 'transform', 'immutable', 'select', 'alias'];

/**
 * Refuses Mongoose's own rules: its lengths count UTF-16 units, it ignores bounds of Int32, its patterns may have flags, and
 * only it would change or hide a value.
 * @param isManaged whether the field is a timestamp, which Mongoose and the API both make immutable
 * @throws {OperatorError}
 */
export function checkOptions(place: string, { options, instance }: SchemaType, isManaged: boolean): void {
  if (typeof options.required === 'function')
    throw refusal(place, '"required" cannot be a function, because MongoDB has no conditional "required"');
  const isGiven = (option: string) => options[option] !== undefined && !isManaged;
  const change = CHANGES.find(isGiven);
  if (change !== undefined) throw refusal(place, `only Mongoose would obey "${change}"; leave it out`);
  const rule = Object.keys(RULES).find(isGiven);
  if (rule === undefined) return;
  const keyword = RULES[rule] ?? rule;
  const line = APPLICABLE[instance]?.some((one) => one === keyword)
    ? `write validate: keywords({ ${keyword}: ${valueOf(options[rule])} }) instead`
    : 'leave it out';
  throw refusal(place, `only Mongoose would obey "${rule}"; ${line}`);
}

/** The value of an option, as TypeScript source. An option may be `[value, message]`, or `{ values, message }`. */
function valueOf(option: unknown): string {
  if (option instanceof RegExp) return JSON.stringify(option.source);
  const listed: unknown = Object(option).values;
  if (Array.isArray(listed)) return JSON.stringify(listed);
  if (Array.isArray(option) && option.length === 2 && option[0] instanceof RegExp) return valueOf(option[0]);
  if (Array.isArray(option) && option.length === 2 && typeof option[0] === 'number') return valueOf(option[0]);
  return JSON.stringify(typeof option === 'object' && !Array.isArray(option) ? Object.values(Object(option)) : option);
}

const OF_NUMBERS = ['minimum', 'maximum', 'enum'];
/** The keywords that apply to each type. */
const APPLICABLE: Readonly<Record<string, readonly string[]>> = {
  String: ['minLength', 'maxLength', 'pattern', 'enum'],
  Int32: OF_NUMBERS,
  Number: OF_NUMBERS,
  Double: OF_NUMBERS,
  Boolean: ['enum'],
  Array: ['minItems', 'maxItems'],
};

/** Refuses rules that contradict each other or their type, or that not all databases would obey. @throws {OperatorError} */
export function checkRules(place: string, field: Field): void {
  const { keywords, type } = field;
  const { minLength, maxLength, minItems, maxItems, minimum, maximum, pattern } = keywords;
  const foreign = Object.keys(keywords).find((keyword) => !APPLICABLE[type]?.includes(keyword));
  if (foreign !== undefined) {
    const where = type === 'Array' ? '; declare it with the elements, [{ type, validate }]' : '; leave it out';
    throw refusal(place, `"${foreign}" does not apply to ${article(type)}${where}`);
  }
  const notACount = Object.entries({ minLength, maxLength, minItems, maxItems }).find(
    ([, count]) => count !== undefined && !(Number.isInteger(count) && count >= 0),
  );
  if (notACount) throw refusal(place, `${notACount[0]} is ${notACount[1]} and must be a whole number from 0`);
  checkBounds(place, type, minimum, maximum);
  for (const [least, most, name] of [
    [minLength, maxLength, 'Length'],
    [minItems, maxItems, 'Items'],
    [minimum, maximum, 'imum'],
  ] as const)
    if (least !== undefined && most !== undefined && least > most)
      throw refusal(place, `min${name} ${least} is greater than max${name} ${most}, so that no value is allowed`);
  if (pattern !== undefined) {
    const flaw = patternFlaw(pattern, maxLength);
    if (flaw !== undefined) throw refusal(place, `the pattern ${JSON.stringify(pattern)} ${flaw}`);
  }
  checkEnum(place, field);
}

function checkBounds(place: string, type: Field['type'], minimum?: number, maximum?: number): void {
  const bounds = Object.entries({ minimum, maximum }).filter(([, bound]) => bound !== undefined);
  const infinite = bounds.find(([, bound]) => !Number.isFinite(bound));
  if (infinite) throw refusal(place, `${infinite[0]} is ${infinite[1]} and must be a number`);
  if (type !== 'Int32') return;
  const outside = bounds.find(([, bound]) => Number(bound) < INT32.minimum || Number(bound) > INT32.maximum);
  if (outside)
    throw refusal(
      place,
      `${outside[0]} ${outside[1]} is outside of an Int32, ${INT32.minimum} to ${INT32.maximum}; make it a Number`,
    );
  if (minimum !== undefined && maximum !== undefined && Math.ceil(minimum) > Math.floor(maximum) && minimum <= maximum)
    throw refusal(place, `no whole number lies between ${minimum} and ${maximum}`);
}

function checkEnum(place: string, field: Field): void {
  const { enum: listed, ...otherKeywords } = field.keywords;
  if (listed === undefined) return;
  if (!Array.isArray(listed) || listed.length === 0) throw refusal(place, 'its enum must be a list of values');
  if (new Set(listed).size < listed.length) throw refusal(place, 'its enum has a value twice');
  if (listed.includes(null) && !field.nullable)
    throw refusal(place, 'its enum has null, which is a value only with default: null');
  for (const value of listed)
    if (value !== null) checkValue(place, 'the value', { ...field, keywords: otherKeywords, nullable: false }, value);
}

/** Refuses a default or another declared value, in JSON, that breaks the field's own rules. @throws {OperatorError} */
export function checkValue(place: string, what: string, field: Field, value: unknown): void {
  const accepts = compile(fieldSchema(field, 'create'));
  if (accepts(value)) return;
  const [error] = accepts.errors ?? [];
  const inside = error?.instancePath ? `${error.instancePath} ` : '';
  throw refusal(place, `${what} ${JSON.stringify(value)} breaks its own rules: it ${inside}${error?.message ?? ''}`);
}

/** The name of a type with its article. */
export const article = (type: string) => (/^[AIO]/.test(type) ? `an ${type}` : `a ${type}`);
