import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonSchema } from '../schema/json-schema.ts';
import { Problem, type Flaw } from './problems.ts';

/** An object that a schema has accepted. */
export type Valid = Readonly<Record<string, unknown>>;

/**
 * Compiles a schema once, into a function that lists every flaw of a value by JSON pointer; none if it is valid.
 */
export function compileCheck(schema: JsonSchema): (value: unknown) => Flaw[] {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  const isDateTime = ajv.formats['date-time'];
  ajv.addFormat('date-time', (text) => matches(isDateTime, text) && !Number.isNaN(Date.parse(text)));
  const accepts = ajv.compile(schema);
  return (value) => (accepts(value) ? [] : (accepts.errors ?? []).map(toFlaw));
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

const isObject = (value: unknown): value is Valid => typeof value === 'object' && value !== null;

/** RFC 3339 allows a leap second and JavaScript's Date does not, so that the format alone is not enough. */
function matches(format: unknown, text: string): boolean {
  if (typeof format === 'object' && format !== null && 'validate' in format) return matches(format.validate, text);
  return typeof format === 'function' ? Boolean(format(text)) : format instanceof RegExp && format.test(text);
}

function toFlaw(error: ErrorObject): Flaw {
  const { instancePath, keyword, params, message } = error;
  const name: unknown = params['missingProperty'] ?? params['additionalProperty'];
  const pointer = typeof name === 'string' ? `${instancePath}/${escape(name)}` : instancePath;
  return { pointer, keyword, detail: describe(keyword, params, message) };
}

function describe(keyword: string, params: Record<string, unknown>, message: string | undefined): string {
  if (keyword === 'additionalProperties') return 'is not a field that can be written here';
  if (keyword === 'required') return 'is required';
  if (keyword === 'type') return `must be ${[params['type']].flat().join(' or ')}`;
  return message ?? keyword;
}

/** RFC 6901, section 3. */
const escape = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');
