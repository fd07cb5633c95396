import { STATUS_CODES } from 'node:http';
import { mediaTypesOf } from '../http/body.ts';
import { contentOf, type Operation } from '../http/operations.ts';
import { noSuchResource, patchConflict, preconditionRequired } from '../http/described-problems.ts';
import { Problem, problemDetails, problemSchema } from '../http/problems.ts';
import type { Components } from './components.ts';
import { describeHeaders } from './headers.ts';
import { isConditional, isRead, templateOf } from './traits.ts';

const EXAMPLE_ID = '65a1b2c3d4e5f60718293a4b';

/** Every operation can be asked with a wrong parameter or while the database is away; the rest follows from what it takes. */
export function problemStatuses(operation: Operation): number[] {
  const { body, success, streamed, problems } = operation;
  const statuses = [
    400,
    431,
    500,
    503,
    ...(isConditional(operation) ? [412] : []),
    ...(Object.keys(contentOf(success)).length > 0 ? [406] : []),
    ...(body ? [413, 415, 422] : []),
    ...(streamed?.failures ?? []),
    ...problems,
  ];
  return [...new Set(statuses)].toSorted((one, other) => one - other);
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The path, a parameter, a header or the JSON is malformed',
  404: 'There is no such member',
  406: 'The client accepts none of the media types that are answered',
  408: 'Nothing of the body came for too long',
  409: 'It conflicts with another member, with the present state, or with a request that is still under way',
  410: 'It is no longer known',
  412: 'It is in another state than the request is meant for',
  413: 'The body is too large',
  415: 'The media type is not read here',
  422: 'The body breaks the rules of the fields',
  428: 'The request does not say which state it changes',
  431: 'The headers, or the request target, are larger than 16 KiB',
  500: 'The server failed',
  501: 'The database that this runs on cannot do that',
  503: 'The database is away, or not migrated yet; try again after Retry-After seconds',
};

const HEADERS: Readonly<Record<number, Record<string, string>>> = {
  415: {
    Accept: 'What a PUT reads',
    'Accept-Encoding': 'The codings that are read, where the one that was sent is not',
    'Accept-Patch': 'What a PATCH reads',
    'Accept-Post': 'What a POST reads',
  },
  503: { 'Retry-After': 'Seconds to wait' },
};

/** What an operation answers with a status; nothing where it says too little of the others. */
const EXAMPLES: Readonly<Record<number, (operation: Operation) => Problem | undefined>> = {
  400: () =>
    new Problem(400, 'If-None-Match cannot be read.', [
      {
        header: 'If-None-Match',
        keyword: 'format',
        detail: 'must be * or entity tags in double quotes, with commas between them',
      },
    ]),
  404: (operation) => (operation.path.endsWith('/:id') ? noSuchResource(EXAMPLE_ID) : undefined),
  406({ success }) {
    const types = Object.keys(contentOf(success)).join(' or ');
    return new Problem(406, `This answers ${types}, which Accept: image/png excludes.`, [
      { header: 'Accept', keyword: 'contentMediaType', detail: `must include ${types}` },
    ]);
  },
  409: ({ method, body }) =>
    method === 'patch' && body && 'application/json-patch+json' in body.schemas
      ? patchConflict({ pointer: '/0', keyword: 'remove', detail: 'remove is not possible at /colour' })
      : undefined,
  412: (operation) =>
    isRead(operation)
      ? undefined
      : new Problem(412, 'The resource is not in the state that the request is meant for. Read it again.', [
          { header: 'If-None-Match', keyword: 'precondition', detail: 'names the present state' },
        ]),
  413: () => new Problem(413, 'The body is larger than 102400 bytes.'),
  415({ body }) {
    const types = body ? mediaTypesOf(body).join(' or ') : '';
    return new Problem(415, `Content-Type image/png is not read here; send ${types} in UTF-8.`, [
      { header: 'Content-Type', keyword: 'contentMediaType', detail: `must be ${types}` },
    ]);
  },
  422: () =>
    new Problem(422, 'The body breaks the rules listed in errors.', [
      { pointer: '/colour', keyword: 'additionalProperties', detail: 'is not a field that can be written here' },
    ]),
  428: preconditionRequired,
  500: () => new Problem(500, 'The server failed; its log says why. Repeating the request is unlikely to help.'),
  503: () =>
    new Problem(
      503,
      'The database cannot answer this now. If this was a write, read before you repeat it: it may have taken place.',
    ),
};

/** The problems that operations answer, by their status. */
export function describeProblems(operations: readonly Operation[], components: Components): Map<number, object> {
  const statuses = [...new Set(operations.flatMap(problemStatuses))].toSorted((one, other) => one - other);
  return new Map(statuses.map((status) => [status, describe(status, operations, components)]));
}

/** What the problems of a status are called among the components: its phrase without spaces. */
export const nameOf = (status: number): string => (STATUS_CODES[status] ?? String(status)).replaceAll(/\W/g, '');

function describe(status: number, operations: readonly Operation[], components: Components): object {
  const headers = HEADERS[status];
  const example = exampleOf(status, operations);
  return {
    description: DESCRIPTIONS[status] ?? STATUS_CODES[status] ?? String(status),
    ...(headers && { headers: describeHeaders(headers, components) }),
    content: {
      'application/problem+json': {
        schema: components.schema(problemSchema),
        ...(example && { example }),
      },
    },
  };
}

/** What the first operation that can answers. */
function exampleOf(status: number, operations: readonly Operation[]): object | undefined {
  for (const operation of operations) {
    if (!problemStatuses(operation).includes(status)) continue;
    const problem = EXAMPLES[status]?.(operation);
    if (problem) return problemDetails(problem, templateOf(operation).replace('{id}', EXAMPLE_ID));
  }
  return undefined;
}
