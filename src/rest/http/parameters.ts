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
 * The reader throws {Problem} 400 naming every parameter that is unknown, malformed, or repeated and no list.
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
    const others = values.get(name);
    if (others) others.push(value);
    else values.set(name, [value]);
  }
  return values;
}

/** As WHATWG URL, section 5.1, says it; what starts no valid escape stands for itself. */
const decode = (encoded: string): string =>
  /[%+]|[^ -~]/.test(encoded) ? (new URLSearchParams(`=${encoded}`).get('') ?? '') : encoded;

/** What an encoded text means for a schema. */
function compileReader({ type, items }: JsonSchema): (encoded: string) => unknown {
  if (type !== 'array') {
    const read = compileScalarReader({ type });
    return (encoded) => read(decode(encoded));
  }
  const schema: JsonSchema = Object(items);
  const readItem = compileScalarReader(schema);
  // Where it cannot, one that is encoded separates too: many a client encodes the whole list.
  const split = mayHoldComma(schema) ? splitList : (encoded: string) => decode(encoded).split(',');
  return (encoded) => split(encoded).map(readItem);
}

/** Whether a text that such a schema allows can have a comma in it; formats and patterns are those of dates and ids. */
const mayHoldComma = ({ type, enum: listed, format, pattern }: JsonSchema): boolean =>
  Array.isArray(listed)
    ? listed.some((value) => String(value).includes(','))
    : [type].flat().includes('string') && format === undefined && pattern === undefined;

/** What a text means for a schema. Where it means nothing it stays a text, for the schema to refuse. */
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
 * The items of a list, as OpenAPI's style `form` has them without `explode`: between commas, each encoded for itself.
 * With it, as lists are described, each item has a parameter of its own: its commas are encoded, so it stays whole.
 * For people who write a query by hand `\,` is a comma in an item too, and `\\` a backslash: as they stand there, which
 * no URI may have, for what is encoded is the item's own.
 */
const splitList = (encoded: string): string[] =>
  [...`,${encoded}`.matchAll(/,((?:[^,\\]|\\[^]?)*)/g)].map(([, item = '']) =>
    decode(item.replaceAll(/\\([,\\])/g, (_, character: string) => encodeURIComponent(character))),
  );

/** The query that is read as these values. */
export const writeQuery = (values: readonly (readonly [name: string, value: unknown])[]): string =>
  values.map(([name, value]) => `${encodeURIComponent(name)}=${[value].flat().map(encodeItem).join(',')}`).join('&');

const encodeItem = (value: unknown) => encodeURIComponent(String(value).toWellFormed());

/** A flaw of the values, as one of a parameter; of a list it says which item. */
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

/** The flaw of a text, with what may have been meant. */
function explained(flaw: Flaw, text: string, schema: JsonSchema): Flaw {
  const { type } = schema;
  const isNumeric = flaw.keyword === 'type' && [type].flat().some((one) => one === 'integer' || one === 'number');
  if (isNumeric && NUMBER.test(text) && !isExact(text)) return inexact(text);
  return hasLostPlus(text, schema) ? { ...flaw, detail: flaw.detail + LOST_PLUS } : flaw;
}

const LOST_PLUS = '; it holds a blank, which is what a + in a query means: write + as %2B';

/** Whether a text would be a time if a blank in it were a +. */
const hasLostPlus = (text: string, schema: JsonSchema): boolean =>
  schema['format'] === 'date-time' && text.includes(' ') && isDateTime(text.replace(' ', '+'));

function unknownName(name: string, known: ReadonlyMap<string, unknown>): string {
  const names = [...known.keys()];
  const [field = ''] = name.split('[');
  // thrust[near] is told what thrust can do, thrusts only which fields there are.
  const own = field === name ? [] : names.filter((one) => one.startsWith(`${field}[`));
  return suggest(name, names, own.length > 0 ? own : names.filter((one) => !one.includes('[')));
}

/** Says that a name is unknown, which one was meant, and which there are. */
function suggest(name: string, names: readonly string[], shown = names): string {
  if (names.length === 0) return 'is unknown; none is known here';
  const lower = name.toLowerCase();
  // Further off it is a guess, and a hostile name would take long to compare.
  const maxDistance = Math.ceil(Math.min(lower.length, 40) / 3);
  const nearest = lower.length > 100 ? undefined : nearestName(lower, names, maxDistance);
  const meant = nearest === undefined ? '' : `, did you mean ${nearest}?`;
  return `is unknown${meant}; known are ${shown.join(', ')}`;
}

function nearestName(name: string, names: readonly string[], maxDistance: number): string | undefined {
  const match = closestMatch(
    name,
    names.map((one) => one.toLowerCase()),
    { maxDistance },
  );
  return names.find((one) => one.toLowerCase() === match);
}

/** @throws {Problem} 400 unless the text is the 24 hexadecimal digits of an id */
export function readId(text: unknown): ObjectId {
  if (typeof text === 'string' && /^[0-9a-f]{24}$/i.test(text)) return ObjectId.createFromHexString(text);
  throw new Problem(400, 'The id in the path is malformed.', [
    { parameter: 'id', keyword: 'pattern', detail: 'must be 24 hexadecimal digits' },
  ]);
}
