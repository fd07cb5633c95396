import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonSchema } from './json-schema.ts';

/** One for all schemas: it compiles the schema of schemas once, which takes longer than all of ours. */
const ajv = new Ajv2020({ allErrors: true, strictTypes: false, verbose: true });
addFormats.default(ajv);
ajv.addFormat('date-time', isDateTime);

/** By the text of the schema: several have the same one, and compiling takes milliseconds. */
const compiled = new Map<string, ValidateFunction>();

/** Compiles a JSON Schema once. */
export function compile(schema: JsonSchema): ValidateFunction {
  const text = JSON.stringify(schema);
  const validate = compiled.get(text) ?? ajv.compile(schema);
  compiled.set(text, validate);
  return validate;
}

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
