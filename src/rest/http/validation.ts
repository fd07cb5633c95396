import type { ErrorObject, ValidateFunction } from 'ajv';
import { compile, type JsonSchema } from '../../schema/index.ts';
import { invalidBody } from './described-problems.ts';
import type { Flaw } from './problems.ts';

/** An object that a schema has accepted. */
export type Valid = Readonly<Record<string, unknown>>;

/**
 * Makes a function of a schema that lists all flaws of a value, each with its JSON Pointer; none if it is valid. It compiles the
 * schema when it is first called: to compile all of them would be a tenth of the server's start.
 */
export function compileCheck(schema: JsonSchema): (value: unknown) => Flaw[] {
  let accepts: ValidateFunction | undefined;
  return (value) => {
    accepts ??= compile(schema);
    return accepts(value) ? [] : (accepts.errors ?? []).flatMap(toFlaws);
  };
}

/** Compiles the schema of a body into a function that returns a valid body, and throws {Problem} 422 with all flaws otherwise. */
export function compileValidator(schema: JsonSchema): (body: unknown) => Valid {
  const check = compileCheck(schema);
  return (body) => {
    const flaws = check(body);
    if (flaws.length > 0 || !hasMembers(body)) throw invalidBody(flaws);
    return body;
  };
}

const hasMembers = (value: unknown): value is Valid => typeof value === 'object' && value !== null;

function toFlaws(error: ErrorObject): Flaw[] {
  const { instancePath, keyword, params, message, parentSchema } = error;
  const name: unknown = params['missingProperty'] ?? params['additionalProperty'];
  const pointer = typeof name === 'string' ? `${instancePath}/${escapePointer(name)}` : instancePath;
  const pointers = keyword === 'required' ? demanded(parentSchema?.['properties']?.[String(name)], pointer) : [pointer];
  return pointers.map((pointer) => ({ pointer, keyword, detail: describe(keyword, params, message) }));
}

/** The pointers of what is missing: if it is an object, those of its required members. */
function demanded(schema: JsonSchema | undefined, pointer: string): string[] {
  const { required, properties }: JsonSchema = Object(schema);
  if (!Array.isArray(required)) return [pointer];
  return required.flatMap((name) => demanded(Object(properties)[name], `${pointer}/${escapePointer(String(name))}`));
}

function describe(keyword: string, params: Record<string, unknown>, message: string | undefined): string {
  if (keyword === 'additionalProperties') return 'is not a field that can be written here';
  if (keyword === 'required') return 'is required';
  if (keyword === 'type') return `must be ${[params['type']].flat().join(' or ')}`;
  if (keyword === 'enum' && Array.isArray(params['allowedValues'])) return `must be ${oneOf(params['allowedValues'])}`;
  return message ?? keyword;
}

const MOST_VALUES = 20;

function oneOf(values: readonly unknown[]): string {
  const shown = values.slice(0, MOST_VALUES).map((value) => JSON.stringify(value));
  if (values.length > MOST_VALUES) return `one of ${shown.join(', ')} or ${values.length - MOST_VALUES} others`;
  return [shown.slice(0, -1).join(', '), shown.at(-1)].filter(Boolean).join(' or ');
}

/** RFC 6901, section 3. */
export const escapePointer = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');
