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

/** Describes headers as components. */
export const describeHeaders = (
  described: Headers,
  { share, schema: withComponents }: Components,
): Record<string, object> =>
  Object.fromEntries(
    Object.entries(described).map(([name, description]) => {
      const schema = HEADERS[name] ?? { type: 'string' };
      return [name, share('headers', name, { description, schema: withComponents(schema) })];
    }),
  );
