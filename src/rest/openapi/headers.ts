import type { JsonSchema } from '../../schema/index.ts';
import type { Components } from './components.ts';

/** The headers of an answer: their names and descriptions. */
export type Headers = Readonly<Record<string, string>>;

const DAY = String.raw`^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$`;
const count: JsonSchema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

/** The schemas of headers; all others are strings. */
const HEADERS: Readonly<Record<string, JsonSchema>> = {
  ETag: { type: 'string', pattern: '^"[\\w-]{27}"$', maxLength: 29 },
  'Last-Modified': { type: 'string', pattern: DAY, maxLength: 29 },
  'X-Total-Count': count,
  'Retry-After': { ...count, maximum: 3600 },
};

/** Every answer has these. */
const IDS: Headers = {
  'X-Request-Id': 'The X-Request-Id of the request; if it had none that can be used, the one that the server gave it',
  Traceparent: 'The trace of the request, and the work of the server in it (W3C Trace Context)',
};

/** Describes headers as components, with those that every answer has. */
export const describeHeaders = (
  described: Headers,
  { share, schema: withComponents }: Components,
): Record<string, object> =>
  Object.fromEntries(
    Object.entries({ ...described, ...IDS }).map(([name, description]) => {
      const schema = HEADERS[name] ?? { type: 'string' };
      return [name, share('headers', name, { description, schema: withComponents(schema) })];
    }),
  );
