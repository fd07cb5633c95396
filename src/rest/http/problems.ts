import { STATUS_CODES, type ServerResponse } from 'node:http';
import { varyOf, type Dependence } from './vary.ts';

/** One thing that is wrong with a request: where (one of pointer, parameter, header), which rule, and in words. */
export interface Flaw {
  /** RFC 6901 pointer into the body. */
  pointer?: string;
  /** Name of a query or path parameter. */
  parameter?: string;
  header?: string;
  /** The JSON Schema keyword, or the name of the rule, that is broken. */
  keyword: string;
  detail: string;
}

/** A failure that a client is told as RFC 9457 problem details. Thrown where it is known. */
export class Problem extends Error {
  readonly status: number;
  readonly flaws: readonly Flaw[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, flaws: readonly Flaw[] = [], headers: Record<string, string> = {}) {
    super(detail);
    this.status = status;
    this.flaws = flaws;
    this.headers = headers;
  }
}

export const PROBLEM_TYPE = 'application/problem+json';

const RETRY_AFTER_S = '1';

/** A failure that may be over when the request is repeated. */
export const unavailable = (detail: string) => new Problem(503, detail, [], { 'retry-after': RETRY_AFTER_S });

/** A query was given up. @param limitMs how long the database had for it */
export const tooSlow = (limitMs: number) =>
  unavailable(
    `The query took the database longer than ${limitMs} ms. Narrow the filter, or sort in the order of an index.`,
  );

/** The members of problem details. `about:blank` means that the status says all that a type could (RFC 9457, 4.2.1). */
export function problemDetails({ status, message, flaws }: Problem, instance: string) {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    instance,
    ...(flaws.length > 0 && { errors: flaws }),
  };
}

/** Answers with problem details; their instance is the request target. */
export function sendProblem(
  request: { originalUrl?: string; url?: string | undefined },
  response: ServerResponse & Dependence,
  problem: Problem,
) {
  const body = JSON.stringify(problemDetails(problem, uriReference(request.originalUrl ?? request.url ?? '')));
  response.writeHead(problem.status, {
    ...problem.headers,
    ...varyOf(response),
    // Caches would keep a 404 or 405 by themselves (RFC 9110, section 15.1), and tell it when it is no longer true.
    'cache-control': 'no-store',
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

/** A request target may hold what a URI may not (RFC 3986, appendix A); that is escaped. */
export const uriReference = (target: string) =>
  target.replaceAll(/%(?![\dA-Fa-f]{2})|[^\w%\-.~!$&'()*+,;=:@/?]/g, (character) => encodeURIComponent(character));

/** A problem may repeat parts of the request, each character of which may be written as three. */
const MOST_CHARACTERS = 400_000;
const text = { type: 'string', maxLength: MOST_CHARACTERS };

/** The JSON Schema of one flaw, for OpenAPI. */
export const flawSchema = {
  title: 'Flaw',
  type: 'object',
  properties: {
    pointer: { ...text, format: 'json-pointer', description: 'Place in the body' },
    parameter: { ...text, description: 'Name of the parameter' },
    header: { ...text, description: 'Name of the header' },
    keyword: { type: 'string', maxLength: 64, description: 'The rule that is broken' },
    detail: text,
  },
  required: ['keyword', 'detail'],
  additionalProperties: false,
};

/** The JSON Schema of problem details, for OpenAPI. */
export const problemSchema = {
  title: 'Problem',
  type: 'object',
  description: 'Problem details (RFC 9457)',
  properties: {
    type: { const: 'about:blank', description: 'The status says all' },
    title: { type: 'string', maxLength: 64, description: 'Phrase of the status code' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { ...text, description: 'What happened and what to do next' },
    instance: { ...text, format: 'uri-reference', description: 'The request target' },
    errors: {
      type: 'array',
      maxItems: MOST_CHARACTERS,
      description: 'Everything that is wrong with the request',
      items: flawSchema,
    },
  },
  required: ['type', 'title', 'status', 'detail', 'instance'],
  additionalProperties: false,
};
