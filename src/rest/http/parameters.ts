import { closestMatch } from 'leven';
import { ObjectId } from 'mongodb';
import { NUMBER, isDateTime, isExact, type JsonSchema } from '../../schema/index.ts';
import { inexact } from './exact-numbers.ts';
import { Problem, type Flaw } from './problems.ts';
import { compileCheck, type Valid } from './validation.ts';

/** The query parameters of a route, each with its schema. */
export type Parameters = Readonly<Record<string, JsonSchema>>;

/**
 * Compiles the reader of a request target's query.
 * The reader throws {Problem} 400 that names every parameter that is unknown or malformed, or is repeated but not a list.
 */
export function compileParameters(declared: Parameters): (target: string) => Valid {
  const readers = new Map(Object.entries(declared).map(([name, schema]) => [name, compileReader(schema)]));
  const defaults = Object.entries(declared).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value]],
  );
  const check = compileCheck({ type: 'object', properties: declared });
  return (target) => {
    const start = target.indexOf('?');
    if (start === -1) return Object.fromEntries(defaults);
    const flaws: Flaw[] = [];
    const values: Record<string, unknown> = Object.fromEntries(defaults);
    for (const [name, [text = '', ...more]] of readQuery(target.slice(start + 1))) {
      const read = readers.get(name);
      if (!read) flaws.push({ parameter: name, keyword: 'additionalProperties', detail: unknownName(name, readers) });
      else if (more.length === 0) values[name] = read(text);
      else if (declared[name]?.['type'] === 'array') values[name] = [text, ...more].flatMap(read);
      else flaws.push({ parameter: name, keyword: 'maxItems', detail: 'must be given only once' });
    }
    for (const flaw of check(values)) flaws.push(toParameter(flaw, declared, values));
    if (flaws.length > 0) throw new Problem(400, 'The parameters listed in errors cannot be used.', flaws);
    return values;
  };
}

/** The values of a query by their names, still encoded. */
function readQuery(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const [, encoded = '', value = ''] = /^([^=]*)=?([^]*)$/.exec(pair) ?? [];
    const name = decode(encoded);
    const earlier = values.get(name);
    if (earlier) earlier.push(value);
    else values.set(name, [value]);
  }
  return values;
}

/** Decodes as WHATWG URL, section 5.1, defines it: a % that does not begin a valid escape is kept. */
const decode = (encoded: string): string =>
  /[%+]|[^ -~]/.test(encoded) ? (new URLSearchParams(`=${encoded}`).get('') ?? '') : encoded;

/** Compiles the reader of an encoded value, by the value's schema. */
function compileReader({ type, items }: JsonSchema): (encoded: string) => unknown {
  if (type !== 'array') {
    const read = compileScalarReader({ type });
    return (encoded) => read(decode(encoded));
  }
  const schema: JsonSchema = Object(items);
  const readItem = compileScalarReader(schema);
  // If no item can have a comma, an encoded comma separates items too, because many clients encode the whole list.
  const split = mayHoldComma(schema) ? splitList : (encoded: string) => decode(encoded).split(',');
  return (encoded) => split(encoded).map(readItem);
}

/** Whether a text that this schema allows may have a comma. Formats and patterns here are those of dates and ids. */
const mayHoldComma = ({ type, enum: listed, format, pattern }: JsonSchema): boolean =>
  Array.isArray(listed)
    ? listed.some((value) => String(value).includes(','))
    : [type].flat().includes('string') && format === undefined && pattern === undefined;

/** Compiles the reader of a text, by the value's schema. A text that is no such value is kept, so that the schema refuses it. */
function compileScalarReader({ type }: JsonSchema): (text: string) => unknown {
  const types = new Set([type].flat());
  const isNull = (text: string) => text === 'null' && types.has('null');
  const form = types.has('integer') ? /^-?\d+$/ : types.has('number') ? NUMBER : undefined;
  if (form) return (text) => (isNull(text) ? null : form.test(text) && isExact(text) ? Number(text) : text);
  if (types.has('boolean'))
    return (text) => (isNull(text) ? null : text === 'true' || text === 'false' ? text === 'true' : text);
  return (text) => (isNull(text) ? null : text);
}

/**
 * The items of a list. In OpenAPI's style `form` without `explode` they are separated by commas and encoded one by one.
 * With `explode`, as lists are described here, each item is a parameter: its commas are encoded, so it is not split.
 * For people who write a query by hand, a bare `\,` is a comma in an item and a bare `\\` a backslash. No valid URI has a bare
 * backslash, and an encoded one belongs to the item.
 */
const splitList = (encoded: string): string[] =>
  [...`,${encoded}`.matchAll(/,((?:[^,\\]|\\[^]?)*)/g)].map(([, item = '']) =>
    decode(item.replaceAll(/\\([,\\])/g, (_, character: string) => encodeURIComponent(character))),
  );

/** Writes the query that is read as these values. */
export const writeQuery = (values: readonly (readonly [name: string, value: unknown])[]): string =>
  values.map(([name, value]) => `${encodeURIComponent(name)}=${[value].flat().map(encodeItem).join(',')}`).join('&');

const encodeItem = (value: unknown) => encodeURIComponent(String(value).toWellFormed());

/** Turns a flaw of the values into a flaw of a parameter. For a list it names the item. */
function toParameter({ pointer = '', ...flaw }: Flaw, declared: Parameters, values: Valid): Flaw {
  const [, name = '', place] = pointer.split('/');
  const schema: JsonSchema = declared[name] ?? {};
  if (place === undefined) return { parameter: name, ...explained(flaw, String(values[name]), schema) };
  const item = String([values[name]].flat()[Number(place)]);
  const items: JsonSchema = Object(schema['items']);
  const { enum: allowed } = items;
  const isName = flaw.keyword === 'enum' && Array.isArray(allowed);
  const { keyword, detail } = isName ? { ...flaw, detail: suggest(item, allowed) } : explained(flaw, item, items);
  return { parameter: name, keyword, detail: `${JSON.stringify(item)} ${detail}` };
}

/** The flaw, with a hint at what the client may have meant. */
function explained(flaw: Flaw, text: string, schema: JsonSchema): Flaw {
  const { type } = schema;
  const isNumeric = flaw.keyword === 'type' && [type].flat().some((one) => one === 'integer' || one === 'number');
  if (isNumeric && NUMBER.test(text) && !isExact(text)) return inexact(text);
  const { examples } = schema;
  if (flaw.keyword === 'pattern' && Array.isArray(examples))
    return { ...flaw, detail: `${flaw.detail}, as in ${examples.join(', ')}` };
  return hasLostPlus(text, schema) ? { ...flaw, detail: flaw.detail + LOST_PLUS } : flaw;
}

const LOST_PLUS = '; a + in a query means a blank, so write + as %2B';

/** Whether a text would be a time if its blank were a +. */
const hasLostPlus = (text: string, schema: JsonSchema): boolean =>
  schema['format'] === 'date-time' && text.includes(' ') && isDateTime(text.replace(' ', '+'));

function unknownName(name: string, known: ReadonlyMap<string, unknown>): string {
  const names = [...known.keys()];
  const [field = ''] = name.split('[');
  // For thrust[near] the operators of thrust are listed, for thrusts only the fields.
  const ofField = field === name ? [] : names.filter((one) => one.startsWith(`${field}[`));
  return suggest(name, names, ofField.length > 0 ? ofField : names.filter((one) => !one.includes('[')));
}

/** Says that a name is unknown, which name was probably meant, and which names exist. */
function suggest(name: string, names: readonly string[], shown = names): string {
  if (names.length === 0) return 'is unknown; there are no parameters here';
  const lower = name.toLowerCase();
  // A name that differs more is only a guess, and comparing a long hostile name would take long.
  const maxDistance = Math.ceil(Math.min(lower.length, 40) / 3);
  const nearest = lower.length > 100 ? undefined : nearestName(lower, names, maxDistance);
  const meant = nearest === undefined ? '' : `Did you mean ${nearest}? `;
  return `is unknown. ${meant}Known names: ${shown.join(', ')}`;
}

function nearestName(name: string, names: readonly string[], maxDistance: number): string | undefined {
  const match = closestMatch(
    name,
    names.map((one) => one.toLowerCase()),
    { maxDistance },
  );
  return names.find((one) => one.toLowerCase() === match);
}

/** Reads the id in a path. @throws {Problem} 400 unless it is 24 hexadecimal digits */
export function readId(text: unknown): ObjectId {
  if (typeof text === 'string' && /^[0-9a-f]{24}$/i.test(text)) return ObjectId.createFromHexString(text);
  throw new Problem(400, 'The id in the path is malformed.', [
    { parameter: 'id', keyword: 'pattern', detail: 'must be 24 hexadecimal digits' },
  ]);
}
