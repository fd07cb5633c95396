import type { JsonSchema } from '../../schema/index.ts';
import { ENTITY_TAGS } from '../http/preconditions.ts';
import type { Operation } from '../http/operations.ts';
import type { Components } from './components.ts';
import { isConditional, isRead, prefersMinimal, tagOf } from './operation-properties.ts';

const ID: JsonSchema = {
  type: 'string',
  pattern: '^[0-9a-fA-F]{24}$',
  maxLength: 24,
  description: 'The id of the member',
};
const text: JsonSchema = { type: 'string' };
const entityTags: JsonSchema = { ...text, format: 'entity-tags', pattern: ENTITY_TAGS };

const IDEMPOTENCY_KEY: JsonSchema = {
  type: 'string',
  pattern: String.raw`^(?:"(?:[ !#-\[\]-~]|\\["\\]){1,255}"|[\w.:@/+=-]{1,255})$`,
  description:
    'A unique name of the request. If the request is repeated within 24 hours, it has no further effect and the same answer',
};

/** Describes the parameters of an operation: in the path, in the query and in headers. */
export function describeParameters(operation: Operation, { share, schema: withComponents }: Components): object[] {
  const { path, pathParameters = {}, parameters = {} } = operation;
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const { description, ...schema } = pathParameters[name] ?? ID;
    return share('parameters', name, { name, in: 'path', required: true, description, schema });
  });
  const inQuery = Object.entries(parameters).map(([name, { description, ...schema }]) =>
    share('parameters', `${tagOf(operation)}.${name.replace(/\[(.*)\]$/, '.$1')}`, {
      name,
      in: 'query',
      description,
      // A list's parameter is repeated for each item, which is OpenAPI's default. Generated clients write commas differently.
      schema: withComponents(withoutExamples(schema)),
    }),
  );
  const inHeader = Object.entries(headersRead(operation)).map(([name, { description, ...schema }]) =>
    share('parameters', name, {
      name,
      in: 'header',
      description,
      schema,
    }),
  );
  return [...inPath, ...inQuery, ...inHeader];
}

/** Swagger UI would fill in the examples, and so send every parameter. */
function withoutExamples({ examples: _examples, ...schema }: JsonSchema): JsonSchema {
  return schema['items'] === undefined ? schema : { ...schema, items: withoutExamples(Object(schema['items'])) };
}

/** The headers that an operation reads besides those of its content (RFC 9110, section 13; RFC 7240). */
function headersRead(operation: Operation): Record<string, JsonSchema> {
  const reads = isRead(operation);
  const preferences = [
    ...(prefersMinimal(operation)
      ? ['return=minimal: the answer has no content; return=representation: it has, as without this preference']
      : []),
    ...(operation.preferences === undefined ? [] : [operation.preferences]),
  ];
  return {
    ...(isConditional(operation) && {
      'If-Match': { ...entityTags, description: 'Only if the ETag is one of these; else 412' },
      'If-None-Match': {
        ...entityTags,
        description: 'Only if the ETag is none of these; else 304 for a read, 412 for a write',
      },
      'If-Unmodified-Since': {
        ...text,
        description: 'Only if it was not changed since; else 412. An invalid date is ignored (RFC 9110)',
      },
    }),
    ...(reads && {
      'If-Modified-Since': {
        ...text,
        description: 'Only if it was changed since; else 304. An invalid date is ignored (RFC 9110)',
      },
    }),
    ...(preferences.length > 0 && {
      Prefer: { ...text, description: `${preferences.join('; ')}. Other preferences are ignored (RFC 7240)` },
    }),
    ...(operation.takesIdempotencyKey && { 'Idempotency-Key': IDEMPOTENCY_KEY }),
    ...operation.headers,
  };
}
