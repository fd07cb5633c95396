import { ObjectId } from 'mongodb';
import type { JsonSchema } from '../schema/json-schema.ts';
import { Problem, type Flaw } from './problems.ts';
import { compileCheck, type Valid } from './validation.ts';

/** The query parameters of a route, each with its schema; `integer` and `string` are understood. */
export type Parameters = Readonly<Record<string, JsonSchema>>;

/** Parameters of every list. */
export const pageParameters: Parameters = {
  limit: { type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'Most items of a page' },
  after: {
    type: 'string',
    // 12 bytes of an ObjectId in base64url
    pattern: '^[A-Za-z0-9_-]{16}$',
    description: 'Opaque cursor from the Link header of the page before',
  },
};

/**
 * Compiles the reader of a request target's query.
 * The reader throws {Problem} 400 naming every parameter that is unknown, repeated or malformed.
 */
export function compileParameters(declared: Parameters): (target: string) => Valid {
  const names = Object.keys(declared);
  const can = names.length === 0 ? 'none is known here' : `known are ${names.join(', ')}`;
  const defaults = Object.entries(declared).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value]],
  );
  const check = compileCheck({ type: 'object', properties: declared });
  return (target) => {
    const start = target.indexOf('?');
    // The & keeps URLSearchParams from dropping a second question mark.
    if (start === -1) return Object.fromEntries(defaults);
    const query = new URLSearchParams(`&${target.slice(start + 1)}`);
    const flaws: Flaw[] = [];
    const values: Record<string, unknown> = Object.fromEntries(defaults);
    for (const name of new Set(query.keys())) {
      const [text = '', ...more] = query.getAll(name);
      const schema = names.includes(name) ? declared[name] : undefined;
      if (!schema) flaws.push({ parameter: name, keyword: 'additionalProperties', detail: `is unknown; ${can}` });
      else if (more.length > 0) flaws.push({ parameter: name, keyword: 'maxItems', detail: 'must be given only once' });
      else values[name] = schema['type'] === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
    }
    for (const { pointer = '', ...flaw } of check(values)) flaws.push({ parameter: pointer.slice(1), ...flaw });
    if (flaws.length > 0) throw new Problem(400, 'The parameters listed in errors cannot be used.', flaws);
    return values;
  };
}

/** @throws {Problem} 400 unless the text is the 24 hexadecimal digits of an id */
export function readId(text: unknown): ObjectId {
  if (typeof text === 'string' && /^[0-9a-f]{24}$/i.test(text)) return ObjectId.createFromHexString(text);
  throw new Problem(400, 'The id in the path is malformed.', [
    { parameter: 'id', keyword: 'pattern', detail: 'must be 24 hexadecimal digits' },
  ]);
}

/** The `Link` header's value for the page behind the given id (RFC 8288). */
export function nextLink(path: string, limit: number, last: ObjectId): string {
  return `<${path}?limit=${limit}&after=${Buffer.from(last.id).toString('base64url')}>; rel="next"`;
}

/** The id in a cursor that satisfies the pattern of `after`. */
export const decodeCursor = (cursor: string) => new ObjectId(Buffer.from(cursor, 'base64url'));
