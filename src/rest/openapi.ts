import type { JsonSchema } from '../schema/json-schema.ts';
import type { Operation } from './operations.ts';
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
  const { operationId, summary, parameters = {}, body, success } = operation;
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
    schema,
  }));
  return {
    operationId,
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body && { requestBody: { required: true, content: content(body.types, body.schema) } }),
    responses: {
      [success.status]: {
        description: success.description,
        ...(success.headers && { headers: headers(success.headers) }),
        ...(success.schema && { content: content(['application/json'], success.schema) }),
      },
      ...Object.fromEntries(problemStatuses(operation).map((status) => [status, problem(status)])),
    },
  };
}

/** Every operation can be asked with a wrong parameter or while the database is away; the rest follows from what it takes. */
function problemStatuses({ body, success, problems }: Operation): number[] {
  return [400, 500, 503, ...(success.schema ? [406] : []), ...(body ? [413, 415, 422] : []), ...problems];
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The path, a parameter or the JSON is malformed',
  404: 'There is no such member',
  406: 'The client accepts no JSON',
  409: 'It conflicts with another member',
  413: 'The body is too large',
  415: 'The media type is not read here',
  422: 'The body breaks the rules of the fields',
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

const content = (types: readonly string[], schema: JsonSchema) =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

const headers = (described: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(described).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );
