import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { ObjectId } from 'mongodb';
import type { JsonSchema } from '../../schema/index.ts';
import { inTime, JSON_TYPE, negotiate, send, type Answer } from './answers.ts';
import { hasBody, mediaTypeOf, mediaTypesOf, readContent, type Bodies, type Content } from './body.ts';
import { readPreconditions, type Preconditions } from './preconditions.ts';
import { compileParameters, readId, type Parameters } from './parameters.ts';
import { Problem } from './problems.ts';
import { compileValidator, type Valid } from './validation.ts';
import { dependOn } from './vary.ts';

/** Who sent a request, and its id; the history keeps both. */
export interface Origin {
  /** The address that the request came from. */
  caller: string;
  /** `X-Request-Id` of the request, or a new one. */
  requestId: string;
}

/** The checked input of an operation's handler. */
export interface Input {
  /** The `:id` of the path; all zeros where the path has none. */
  id: ObjectId;
  parameters: Valid;
  body: Valid;
  /** The body, if it is a stream. */
  source?: AsyncIterable<Buffer> | undefined;
  /** The request target, as it was sent. */
  target: string;
  /** The media type of the body, without parameters. */
  mediaType: string;
  /** The media type of the answer that the client prefers. */
  accepted: string;
  headers: IncomingHttpHeaders;
  /** Empty for a read. */
  origin: Origin;
  preconditions: Preconditions;
}

/** An empty input, for callers that handle an operation without a request. */
export const NO_INPUT: Input = {
  id: new ObjectId('0'.repeat(24)),
  parameters: {},
  body: {},
  target: '',
  mediaType: '',
  accepted: JSON_TYPE,
  headers: {},
  origin: { caller: '', requestId: '' },
  preconditions: readPreconditions({}),
};

/** An answer that is not a problem, as OpenAPI describes it. */
export interface Success {
  status: number;
  description: string;
  /** The JSON Schema of a JSON answer. */
  schema?: JsonSchema;
  /** Media types that are answered as a stream. */
  streams?: Readonly<Record<string, JsonSchema>>;
  headers?: Record<string, string>;
  /** Statuses of failures that are answered in the same media types, instead of as a problem. */
  failures?: readonly number[];
}

/** The media types of an answer. A client without preferences gets the first. */
export const contentOf = ({ schema, streams }: Success): Record<string, JsonSchema> => ({
  ...(schema && { [JSON_TYPE]: schema }),
  ...streams,
});

/** One method on one path: its input, its answers and its handler. Routes and OpenAPI are both made from it. */
export interface Operation {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** In the notation of Express: `/engines/:id`. */
  path: string;
  operationId: string;
  summary: string;
  /** More than the summary says; Markdown. */
  description?: string;
  parameters?: Parameters;
  /** Headers that it reads besides those that follow from the other properties; for OpenAPI. */
  headers?: Parameters;
  body?: Bodies;
  /** Whether it changes a state that a client can name in If-Match. */
  changesState?: boolean;
  success: Success;
  /** The answer to a body that is a stream. */
  streamed?: Success;
  /** Clients that prefer one of these media types are redirected, by 303. */
  seeOther?: { mediaTypes: readonly string[]; description: string };
  /** Whether a client may send an `Idempotency-Key`, so that the request can be repeated. */
  takesIdempotencyKey?: boolean;
  /** Statuses of its problems besides those that every operation has. */
  problems: readonly number[];
  /** The preferences in `Prefer` that it understands, besides those of every write. */
  preferences?: string;
  handle: (input: Input) => Promise<Answer>;
}

type Checked = Pick<Input, 'id' | 'parameters' | 'preconditions' | 'accepted'>;

/**
 * Routes for the operations. Other methods on their paths are answered with 405; OPTIONS lists the methods of a path, or of
 * all paths if the target is `*`.
 */
export function routes(operations: readonly Operation[]): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const operationsOfPath = operations.filter((operation) => operation.path === path);
    const route = router.route(path);
    for (const operation of operationsOfPath) route[operation.method](...handlers(operation));
    route.all(otherMethods(operationsOfPath));
  }
  const anywhere = otherMethods(operations.map(({ method }) => ({ method })));
  router.use((request, response, next) => (request.url === '*' ? anywhere(request, response, next) : next()));
  return router;
}

function handlers(operation: Operation): RequestHandler[] {
  const { method, path, parameters = {}, body, success, streamed, seeOther, preferences, handle } = operation;
  const readParameters = compileParameters(parameters);
  const validators = new Map(
    Object.entries(body?.schemas ?? {}).map(([type, schema]) => [type, compileValidator(schema)]),
  );
  const hasId = path.includes('/:id');
  const takesBody = body !== undefined;
  const valueTypes = [...Object.keys(contentOf(success)), ...(seeOther?.mediaTypes ?? [])];
  const streamTypes = Object.keys(streamed ? contentOf(streamed) : {});
  /** Without a preference of the client, the answer to JSON is JSON, and the answer to lines is lines. */
  const streamTypesFor = (mediaType: string) => (mediaType === JSON_TYPE ? streamTypes : streamTypes.toReversed());
  const allTypes = [...valueTypes, ...streamTypes];
  const dependence = [
    ...(allTypes.length > 0 ? ['Accept'] : []),
    // Answers to writes are not cached, so their preferences do not matter here.
    ...(method === 'get' && preferences !== undefined ? ['Prefer'] : []),
  ].join(', ');
  /** Checks everything that can be refused before the body is read. */
  const check = (request: Request, response: Response): Checked => {
    dependOn(response, dependence);
    const accepted = negotiate(request, allTypes);
    if (!body && hasBody(request)) throw new Problem(400, `${request.method} must not have a body here.`);
    return {
      id: hasId ? readId(request.params['id']) : NO_INPUT.id,
      parameters: readParameters(request.url),
      preconditions: readPreconditions(request.headers),
      accepted,
    };
  };
  const answer = async (request: Request, response: Response, checked: Checked, { value, source }: Content) => {
    const { headers } = request;
    const mediaType = takesBody ? mediaTypeOf(request) : '';
    // Only the body shows whether the answer is a stream.
    const accepted = streamed ? negotiate(request, source ? streamTypesFor(mediaType) : valueTypes) : checked.accepted;
    const body = source ? {} : (validators.get(mediaType)?.(value) ?? {});
    const origin = method === 'get' ? NO_INPUT.origin : originOf(request);
    const target = request.url;
    const working = handle({ ...checked, target, headers, body, source, mediaType, accepted, origin });
    // A stream takes as long as its client takes to send it.
    await send(request, response, source ? await working : await inTime(working), { ...checked, accepted });
  };
  if (!body) return [(request, response) => answer(request, response, check(request, response), {})];
  const checkFirst: RequestHandler = (request, response, next) => {
    response.locals['checked'] = check(request, response);
    next();
  };
  return [
    checkFirst,
    readContent(body),
    (request, response) => answer(request, response, response.locals['checked'], response.locals['content']),
  ];
}

const originOf = ({ headers, socket }: Request): Origin => {
  const given = [headers['x-request-id']].flat()[0] ?? '';
  return { caller: socket.remoteAddress ?? '', requestId: /^[\w.:@/+=-]{1,128}$/.test(given) ? given : randomUUID() };
};

/** The last handler of a path: it answers OPTIONS, and refuses all methods that no operation has with 405. */
export function otherMethods(operations: readonly Pick<Operation, 'method' | 'body'>[]): RequestHandler {
  const methods = [...new Set(operations.map(({ method }) => method.toUpperCase()))];
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  const media = Object.fromEntries(
    operations.flatMap(({ body }) => (body ? [[body.header, mediaTypesOf(body).join(', ')]] : [])),
  );
  return (request, response) => {
    if (request.method === 'OPTIONS') return void response.writeHead(204, { allow, ...media }).end();
    throw new Problem(405, `${request.method} is not possible here. Use ${allow}.`, [], { allow });
  };
}
