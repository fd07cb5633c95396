import { STATUS_CODES, type ServerResponse } from 'node:http';
import { notedHeaders, type Noted } from './noted-headers.ts';

/** One thing that is wrong with a request: its place (pointer, parameter or header), the broken rule, and a sentence. */
export interface Flaw {
  /** RFC 6901 pointer into the body. */
  pointer?: string;
  /** Name of a query or path parameter. */
  parameter?: string;
  header?: string;
  /** The JSON Schema keyword, or another name, of the broken rule. */
  keyword: string;
  detail: string;
}

/** A type of problem that says more than the status does. */
export interface ProblemKind {
  type: string;
  title: string;
  /** The names of the policies that a client has not kept. */
  'violated-policies'?: readonly string[];
}

/** An error that is answered with problem details (RFC 9457). The code that finds it throws it. */
export class Problem extends Error {
  readonly status: number;
  readonly flaws: readonly Flaw[];
  readonly headers: Readonly<Record<string, string>>;
  readonly kind: ProblemKind | undefined;

  constructor(
    status: number,
    detail: string,
    flaws: readonly Flaw[] = [],
    headers: Record<string, string> = {},
    kind?: ProblemKind,
  ) {
    super(detail);
    this.kind = kind;
    this.status = status;
    this.flaws = flaws;
    this.headers = headers;
  }
}

export const PROBLEM_TYPE = 'application/problem+json';

const RETRY_AFTER_S = '1';

/** A 503 for a failure that may be over when the request is repeated. */
export const unavailable = (detail: string, kind?: ProblemKind) =>
  new Problem(503, detail, [], { 'retry-after': RETRY_AFTER_S }, kind);

/** The 503 for a query that took too long. @param limitMs the time limit of the database @param remedy what to do next */
export const tooSlow = (limitMs: number, remedy = 'Narrow the filter, or sort in the order of an index.') =>
  unavailable(`The query took the database longer than ${limitMs} ms. ${remedy}`);

/** The members of problem details. `about:blank` means that the type is only the status (RFC 9457, section 4.2.1). */
export function problemDetails({ status, message, flaws, kind }: Problem, instance: string) {
  const { type, title, ...members } = kind ?? { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error' };
  return {
    type,
    title,
    status,
    detail: message,
    instance,
    ...members,
    ...(flaws.length > 0 && { errors: flaws }),
  };
}

/** Answers with problem details, whose instance is the request target. */
export function sendProblem(
  request: { originalUrl?: string; url?: string | undefined },
  response: ServerResponse & Noted,
  problem: Problem,
) {
  const details = problemDetails(problem, uriReference(request.originalUrl ?? request.url ?? ''));
  const body = `${JSON.stringify(details)}\n`;
  response.writeHead(problem.status, {
    ...problem.headers,
    ...notedHeaders(response),
    // Caches may keep a 404 or 405 otherwise (RFC 9110, section 15.1), and send it when it is no longer true.
    'cache-control': 'no-store',
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Escapes the characters of a request target that a URI may not have (RFC 3986, appendix A). */
export const uriReference = (target: string) =>
  target.replaceAll(/%(?![\dA-Fa-f]{2})|[^\w%\-.~!$&'()*+,;=:@/?]/g, (character) => encodeURIComponent(character));

/** A problem may repeat parts of the request, each character of which may become three. */
const MOST_CHARACTERS = 400_000;
const text = { type: 'string', maxLength: MOST_CHARACTERS };

/** The JSON Schema of one flaw, for OpenAPI. */
export const flawSchema = {
  title: 'Flaw',
  type: 'object',
  properties: {
    pointer: { ...text, format: 'json-pointer', description: 'The place in the body, as a JSON Pointer' },
    parameter: { ...text, description: 'The name of the parameter' },
    header: { ...text, description: 'The name of the header' },
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
    type: {
      type: 'string',
      format: 'uri',
      maxLength: 256,
      description:
        'about:blank, if the type is only the status; or quota-exceeded, temporary-reduced-capacity or abnormal-usage-detected ' +
        'of https://iana.org/assignments/http-problem-types',
      examples: ['about:blank'],
    },
    title: { type: 'string', maxLength: 64, description: 'The type in words; for about:blank that of the status code' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { ...text, description: 'What happened and what to do next' },
    instance: { ...text, format: 'uri-reference', description: 'The request target' },
    'violated-policies': {
      type: 'array',
      maxItems: 8,
      items: { type: 'string', maxLength: 64 },
      description: 'The names of the policies in RateLimit-Policy whose quota is used up',
    },
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
