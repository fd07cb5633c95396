import type { SchemaType } from 'mongoose';
import { OperatorError } from '../operator-error.ts';
import { compile } from './ajv.ts';
import type { Field, Keywords } from './field.ts';
import { fieldSchema, INT32 } from './json-schema.ts';
import { patternFlaw } from './patterns.ts';

/** A declaration that not all rooms could obey alike. The place is the field's, `Engine.thrust`. */
export const refusal = (place: string, flaw: string) => new OperatorError(`${place}: ${flaw}.`);

/** Names by which a field could not be found in the database, in a body or in a query. */
export function checkName(place: string, name: string, isOutermost: boolean): void {
  const flaw = isOutermost && name === 'id' ? 'the name "id" is that of the identifier' : nameFlaw(name);
  if (flaw !== undefined) throw refusal(place, `${flaw}; give the field another name`);
}

function nameFlaw(name: string): string | undefined {
  if (name in {}) return `every object of JavaScript has a "${name}"`;
  if (/^[$_-]/.test(name)) return 'a name cannot begin with $, _ or -';
  return name === '' || /[.[\]\0]/.test(name) ? 'a name cannot be empty, or have a dot or a bracket in it' : undefined;
}

/** Rules that Mongoose alone would obey: what to write instead. */
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
/** What neither the API nor MongoDB does to a value. */
const CHANGES = ['trim', 'lowercase', 'uppercase', 'set', 'get', 'transform', 'immutable', 'select', 'alias'];

/**
 * Mongoose's own lengths count UTF-16 units, its bounds are ignored on Int32, its patterns may have flags; and it alone
 * would change or hide a value.
 * @param isManaged Mongoose itself makes timestamps immutable, and so does the API
 */
export function checkOptions(place: string, { options, instance }: SchemaType, isManaged: boolean): void {
  if (typeof options.required === 'function') throw refusal(place, 'MongoDB knows no conditional "required"');
  const isGiven = (option: string) => options[option] !== undefined && !isManaged;
  const change = CHANGES.find(isGiven);
  if (change !== undefined) throw refusal(place, `only Mongoose would obey "${change}"; leave it out`);
  const rule = Object.keys(RULES).find(isGiven);
  if (rule === undefined) return;
  const keyword = RULES[rule] ?? rule;
  const line = CONCERNS[instance]?.some((one) => one === keyword)
    ? `write validate: keywords({ ${keyword}: ${valueOf(options[rule])} }) instead`
    : 'leave it out';
  throw refusal(place, `only Mongoose would obey "${rule}"; ${line}`);
}

/** As it is written in TypeScript. An option may be `[value, message]`, or `{ values, message }`. */
function valueOf(option: unknown): string {
  if (option instanceof RegExp) return JSON.stringify(option.source);
  const listed: unknown = Object(option).values;
  if (Array.isArray(listed)) return JSON.stringify(listed);
  if (Array.isArray(option) && option.length === 2 && option[0] instanceof RegExp) return valueOf(option[0]);
  if (Array.isArray(option) && option.length === 2 && typeof option[0] === 'number') return valueOf(option[0]);
  return JSON.stringify(typeof option === 'object' && !Array.isArray(option) ? Object.values(Object(option)) : option);
}

const OF_NUMBERS = ['minimum', 'maximum', 'enum'];
/** The keywords that say something about a type. */
const CONCERNS: Readonly<Record<string, readonly string[]>> = {
  String: ['minLength', 'maxLength', 'pattern', 'enum'],
  Int32: OF_NUMBERS,
  Number: OF_NUMBERS,
  Double: OF_NUMBERS,
  Boolean: ['enum'],
  Array: ['minItems', 'maxItems'],
};

/** Rules that contradict each other or their type, or that not all databases would obey. */
export function checkRules(place: string, field: Field): void {
  const { keywords, type } = field;
  const { minLength, maxLength, minItems, maxItems, minimum, maximum, pattern } = keywords;
  const foreign = Object.keys(keywords).find((keyword) => !CONCERNS[type]?.includes(keyword));
  if (foreign !== undefined) {
    const where = type === 'Array' ? '; declare it with the elements, [{ type, validate }]' : '; leave it out';
    throw refusal(place, `"${foreign}" says nothing about ${article(type)}${where}`);
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
  const odd = bounds.find(([, bound]) => !Number.isFinite(bound));
  if (odd) throw refusal(place, `${odd[0]} is ${odd[1]} and must be a number`);
  if (type !== 'Int32') return;
  const outside = bounds.find(([, bound]) => Number(bound) < INT32.minimum || Number(bound) > INT32.maximum);
  if (outside)
    throw refusal(
      place,
      `${outside[0]} ${outside[1]} is beyond an Int32, of ${INT32.minimum} to ${INT32.maximum}; make it a Number`,
    );
  if (minimum !== undefined && maximum !== undefined && Math.ceil(minimum) > Math.floor(maximum) && minimum <= maximum)
    throw refusal(place, `no whole number lies between ${minimum} and ${maximum}`);
}

function checkEnum(place: string, field: Field): void {
  const { enum: listed, ...others } = field.keywords;
  if (listed === undefined) return;
  if (!Array.isArray(listed) || listed.length === 0) throw refusal(place, 'its enum must be a list of values');
  if (new Set(listed).size < listed.length) throw refusal(place, 'its enum has a value twice');
  if (listed.includes(null) && !field.nullable)
    throw refusal(place, 'its enum has null, which is a value only with default: null');
  for (const value of listed)
    if (value !== null) checkValue(place, 'the value', { ...field, keywords: others, nullable: false }, value);
}

/** A value that is declared with a field, in JSON, must be one of its own. */
export function checkValue(place: string, what: string, field: Field, value: unknown): void {
  const accepts = compile(fieldSchema(field, 'create'));
  if (accepts(value)) return;
  const [error] = accepts.errors ?? [];
  const inside = error?.instancePath ? `${error.instancePath} ` : '';
  throw refusal(place, `${what} ${JSON.stringify(value)} breaks its own rules: it ${inside}${error?.message ?? ''}`);
}

/** The name of a type, as a sentence has it. */
export const article = (type: string) => (/^[AIO]/.test(type) ? `an ${type}` : `a ${type}`);
