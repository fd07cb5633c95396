import type { JsonSchema } from '../schema/json-schema.ts';
import type { Bodies } from './body.ts';
import { contentOf, type Operation, type Success } from './operations.ts';
import { problemSchema } from './problems.ts';

/** An OpenAPI 3.1 description of the operations, from the very declarations that serve them. */
export function describeOperations(
  operations: readonly Operation[],
  info: { title: string; version: string; description: string },
) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[operation.method] = describe(operation);
  }
  return {
    openapi: '3.1.0',
    info,
    paths,
    components: { schemas: { Problem: problemSchema } },
  };
}

function describe(operation: Operation) {
  const { operationId, summary, parameters = {}, body, success, streamed, method } = operation;
  const inPath = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: '^[0-9a-fA-F]{24}$' },
  }));
  const inQuery = Object.entries(parameters).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    description,
    // Its items are separated by commas, where OpenAPI would repeat the parameter.
    ...(schema['type'] === 'array' && { explode: false }),
    schema,
  }));
  return {
    operationId,
    summary,
    parameters: [...inPath, ...inQuery, ...headerParameters(operation)],
    ...(body && { requestBody: { required: true, content: content(bodyContent(body)) } }),
    responses: {
      [success.status]: describeSuccess(success),
      ...(streamed && { [streamed.status]: describeSuccess(streamed) }),
      ...(method === 'get' && { 304: { description: 'The client has this state already' } }),
      ...(prefersMinimal(operation) && success.status === 200 && { 204: { description: 'Done, as return=minimal' } }),
      ...Object.fromEntries(problemStatuses(operation).map((status) => [status, problem(status)])),
    },
  };
}

const describeSuccess = (success: Success) => ({
  description: success.description,
  headers: headers({ ...success.headers, ...(success.schema && { ETag: 'Of the representation' }) }),
  ...((success.schema ?? success.streams) && { content: content(contentOf(success)) }),
});

/** JSON is read as one value or, where arrays of them are streamed, as many. */
function bodyContent({ schemas, streams = {} }: Bodies): Record<string, JsonSchema> {
  const both = Object.keys(schemas).filter((type) => type in streams);
  return {
    ...schemas,
    ...streams,
    ...Object.fromEntries(both.map((type) => [type, { oneOf: [schemas[type], streams[type]] }])),
  };
}

const prefersMinimal = ({ method, success }: Operation) => method !== 'get' && success.schema !== undefined;

/** The headers that an operation reads besides those of its content (RFC 9110, section 13; RFC 7240). */
function headerParameters(operation: Operation) {
  const isRead = operation.method === 'get';
  const names = {
    ...((isRead || operation.changesState) && {
      'If-Match': 'Only in one of the states with these ETags; else 412',
      'If-None-Match': isRead ? 'Not in a state that the client has: 304' : 'In none of these states; else 412',
      'If-Unmodified-Since': 'Only if it was not changed since; else 412',
    }),
    ...(isRead && { 'If-Modified-Since': 'Only if it was changed since; else 304' }),
    ...(prefersMinimal(operation) && { Prefer: 'return=minimal: no content; return=representation: as without it' }),
    ...(operation.preferences !== undefined && { Prefer: operation.preferences }),
  };
  return Object.entries(names).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }));
}

/** Every operation can be asked with a wrong parameter or while the database is away; the rest follows from what it takes. */
function problemStatuses({ method, body, success, changesState, problems }: Operation): number[] {
  const isConditional = method === 'get' || changesState;
  return [
    400,
    500,
    503,
    ...(isConditional ? [412] : []),
    ...(success.schema ? [406] : []),
    ...(body ? [413, 415, 422] : []),
    ...problems,
  ];
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The path, a parameter or the JSON is malformed',
  404: 'There is no such member',
  406: 'The client accepts no JSON',
  409: 'It conflicts with another member, or with the present state',
  412: 'It is in another state than the request is meant for',
  413: 'The body is too large',
  415: 'The media type is not read here',
  422: 'The body breaks the rules of the fields',
  428: 'The request does not say which state it changes',
  500: 'The server failed',
  503: 'The database is away; try again after Retry-After seconds',
};

function problem(status: number) {
  return {
    description: DESCRIPTIONS[status],
    ...(status === 503 && { headers: headers({ 'Retry-After': 'Seconds to wait' }) }),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

const content = (schemas: Readonly<Record<string, JsonSchema>>) =>
  Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [type, { schema }]));

const headers = (described: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(described).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );
