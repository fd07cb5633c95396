import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonSchema } from './json-schema.ts';

/** One instance for all schemas. Each instance compiles the meta-schema, which takes longer than all schemas here. */
const ajv = new Ajv2020({ allErrors: true, strictTypes: false, verbose: true });
addFormats.default(ajv);
ajv.addFormat('date-time', isDateTime);

/** The validators by the texts of their schemas. Several schemas have the same text, and compiling takes milliseconds. */
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
 * Whether a text is a date-time in the strict form of RFC 3339. ajv-formats also allows a space, an offset without a colon
 * and a leap second, which JavaScript's Date does not read. In UTC the year must have four digits, so that it is shown in
 * the same form.
 */
export function isDateTime(text: string): boolean {
  const strict = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text);
  const instant = Date.parse(text);
  return strict && instant >= Number(FIRST) && instant <= Number(LAST) && isRealDate(text);
}

/** Whether the day exists. Date.parse reads 30 February as 2 March. */
function isRealDate(text: string): boolean {
  const day = text.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
