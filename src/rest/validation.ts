import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonSchema } from '../schema/json-schema.ts';
import { Problem, type Flaw } from './problems.ts';

/** An object that a schema has accepted. */
export type Valid = Readonly<Record<string, unknown>>;

/** One for all schemas: it compiles the schema of schemas once, which takes longer than all of ours. */
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, verbose: true });
addFormats.default(ajv);
ajv.addFormat('date-time', isDateTime);

/** By the text of the schema: several operations have the same one, and compiling takes milliseconds. */
const compiled = new Map<string, ValidateFunction>();

function compile(schema: JsonSchema): ValidateFunction {
  const text = JSON.stringify(schema);
  const validate = compiled.get(text) ?? ajv.compile(schema);
  compiled.set(text, validate);
  return validate;
}

/**
 * Compiles a schema once, into a function that lists every flaw of a value by JSON pointer; none if it is valid.
 */
export function compileCheck(schema: JsonSchema): (value: unknown) => Flaw[] {
  const accepts = compile(schema);
  return (value) => (accepts(value) ? [] : (accepts.errors ?? []).flatMap(toFlaws));
}

/**
 * Compiles the schema of a body once.
 * The validator throws {Problem} 422 with every flaw.
 */
export function compileValidator(schema: JsonSchema): (body: unknown) => Valid {
  const check = compileCheck(schema);
  return (body) => {
    const flaws = check(body);
    if (flaws.length > 0 || !isObject(body))
      throw new Problem(422, 'The body breaks the rules listed in errors.', flaws);
    return body;
  };
}

/** Whether a value has members: an object or an array. */
export const isObject = (value: unknown): value is Valid => typeof value === 'object' && value !== null;

const [FIRST, LAST] = ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'].map((text) => Date.parse(text));

/**
 * RFC 3339 in its strict spelling. ajv-formats allows a space, an offset without a colon and a leap second,
 * which JavaScript's Date does not know. In UTC the year must still have four digits, to be shown the same way.
 */
export function isDateTime(text: string): boolean {
  const strict = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text);
  const instant = Date.parse(text);
  return strict && instant >= Number(FIRST) && instant <= Number(LAST) && isRealDate(text);
}

/** Date.parse takes 30 February for 2 March. */
function isRealDate(text: string): boolean {
  const day = text.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function toFlaws(error: ErrorObject): Flaw[] {
  const { instancePath, keyword, params, message, parentSchema } = error;
  const name: unknown = params['missingProperty'] ?? params['additionalProperty'];
  const pointer = typeof name === 'string' ? `${instancePath}/${escapePointer(name)}` : instancePath;
  const pointers = keyword === 'required' ? demanded(parentSchema?.['properties']?.[String(name)], pointer) : [pointer];
  return pointers.map((pointer) => ({ pointer, keyword, detail: describe(keyword, params, message) }));
}

/** Of an object that is missing, what is missing in it. */
function demanded(schema: JsonSchema | undefined, pointer: string): string[] {
  const { required, properties }: JsonSchema = Object(schema);
  if (!Array.isArray(required)) return [pointer];
  return required.flatMap((name) => demanded(Object(properties)[name], `${pointer}/${escapePointer(String(name))}`));
}

function describe(keyword: string, params: Record<string, unknown>, message: string | undefined): string {
  if (keyword === 'additionalProperties') return 'is not a field that can be written here';
  if (keyword === 'required') return 'is required';
  if (keyword === 'type') return `must be ${[params['type']].flat().join(' or ')}`;
  return message ?? keyword;
}

/** RFC 6901, section 3. */
export const escapePointer = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');
