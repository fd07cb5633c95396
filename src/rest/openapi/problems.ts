import { STATUS_CODES } from 'node:http';
import { LIMIT_BYTES, mediaTypesOf } from '../http/body.ts';
import { contentOf, type Operation } from '../http/operations.ts';
import {
  bodyTooLarge,
  databaseUnavailable,
  invalidBody,
  malformedTags,
  noSuchResource,
  notAcceptable,
  otherState,
  patchConflict,
  preconditionRequired,
  quotaExceeded,
  serverFailed,
  unsupportedMediaType,
} from '../http/described-problems.ts';
import { problemDetails, problemSchema, type Problem } from '../http/problems.ts';
import type { Components } from './components.ts';
import { describeHeaders } from './headers.ts';
import { isConditional, isRead, templateOf } from './operation-properties.ts';

const EXAMPLE_ID = '65a1b2c3d4e5f60718293a4b';

/** The statuses of an operation's problems. Some are possible for every operation, others follow from what it declares. */
export function problemStatuses(operation: Operation): number[] {
  const { scope, body, success, streamed, problems } = operation;
  const statuses = [
    400,
    414,
    431,
    500,
    503,
    ...(scope === undefined ? [] : [401]),
    ...(typeof scope === 'string' ? [403] : []),
    ...(isConditional(operation) ? [412] : []),
    ...(Object.keys(contentOf(success)).length > 0 ? [406] : []),
    ...(body ? [413, 415, 422] : []),
    ...(operation.path.startsWith('/health') ? [] : [429]),
    ...(streamed?.failures ?? []),
    ...problems,
  ];
  return [...new Set(statuses)].toSorted((one, other) => one - other);
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The path, a parameter, a header or the JSON is malformed',
  401: 'The request does not say who sent it, or the key or token is not valid',
  403: 'The caller does not have the scope that this needs',
  404: 'There is no such member',
  406: 'The client accepts none of the media types of the answer',
  408: 'The client sent no part of the body for too long',
  409: 'The request conflicts with another member, with the present state, or with a request that is not finished yet',
  410: 'The past state is no longer known',
  412: 'The member is not in the state that the request names',
  413: 'The body is too large',
  414: 'The request target is longer than 8000 characters',
  415: 'The media type of the body is not supported here',
  422: 'The body breaks the rules of the fields',
  428: 'The request does not name the state that it changes',
  429: 'The caller has used up a quota, or has too many streams open; try again after Retry-After seconds',
  431: 'The header of the request is larger than 16 KiB, or has more than 100 lines',
  500: 'The server failed',
  501: 'The database server cannot do that',
  503: 'The database is not available or not migrated, or the server has too much to do; try again after Retry-After seconds',
};

const SECONDS = 'Seconds to wait';
const CHALLENGE = 'Bearer, with what is wrong or the scope that is missing (RFC 6750, section 3)';

const HEADERS: Readonly<Record<number, Record<string, string>>> = {
  401: { 'WWW-Authenticate': CHALLENGE },
  403: { 'WWW-Authenticate': CHALLENGE },
  415: {
    Accept: 'The media types that a PUT may send',
    'Accept-Encoding': 'The codings that a request may use, if the one that it used is not supported',
    'Accept-Patch': 'The media types that a PATCH may send',
    'Accept-Post': 'The media types that a POST may send',
  },
  429: {
    RateLimit: 'What is left of a quota, r, and after how many seconds, t, all of it is there again',
    'RateLimit-Policy': 'A quota, q, and its window in seconds, w',
    'Retry-After': SECONDS,
  },
  503: { 'Retry-After': SECONDS },
};

/** The example of a problem with each status, for one operation; `undefined` if the operation has no typical one. */
const EXAMPLES: Readonly<Record<number, (operation: Operation) => Problem | undefined>> = {
  400: () => malformedTags('If-None-Match'),
  404: (operation) => (operation.path.endsWith('/:id') ? noSuchResource(EXAMPLE_ID) : undefined),
  406: ({ success }) => notAcceptable(Object.keys(contentOf(success)), 'image/png'),
  409: ({ method, body }) =>
    method === 'patch' && body && 'application/json-patch+json' in body.schemas
      ? patchConflict({ pointer: '/0', keyword: 'remove', detail: 'remove is not possible at /colour' })
      : undefined,
  412: (operation) => (isRead(operation) ? undefined : otherState('If-None-Match', 'names the present state')),
  413: () => bodyTooLarge(LIMIT_BYTES),
  415: ({ body }) => unsupportedMediaType('image/png', body ? mediaTypesOf(body) : []),
  422: () =>
    invalidBody([
      { pointer: '/colour', keyword: 'additionalProperties', detail: 'is not a field that can be written here' },
    ]),
  428: preconditionRequired,
  429: () => quotaExceeded({ name: 'reads', quota: 6000, windowS: 60, resetS: 21 }),
  500: serverFailed,
  503: () => databaseUnavailable(),
};

/** The problems that operations answer, by their status. */
export function describeProblems(operations: readonly Operation[], components: Components): Map<number, object> {
  const statuses = [...new Set(operations.flatMap(problemStatuses))].toSorted((one, other) => one - other);
  return new Map(statuses.map((status) => [status, describe(status, operations, components)]));
}

/** The name of the component for a status: its reason phrase without spaces. */
export const nameOf = (status: number): string => (STATUS_CODES[status] ?? String(status)).replaceAll(/\W/g, '');

function describe(status: number, operations: readonly Operation[], components: Components): object {
  const headers = describeHeaders(HEADERS[status] ?? {}, components);
  const example = exampleOf(status, operations);
  return {
    description: DESCRIPTIONS[status] ?? STATUS_CODES[status] ?? String(status),
    headers,
    content: {
      'application/problem+json': {
        schema: components.schema(problemSchema),
        ...(example && { example }),
      },
    },
  };
}

/** The example of the first operation that has one. */
function exampleOf(status: number, operations: readonly Operation[]): object | undefined {
  for (const operation of operations) {
    if (!problemStatuses(operation).includes(status)) continue;
    const problem = EXAMPLES[status]?.(operation);
    if (problem) return problemDetails(problem, templateOf(operation).replace('{id}', EXAMPLE_ID));
  }
  return undefined;
}
