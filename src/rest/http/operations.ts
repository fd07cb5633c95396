import type { IncomingHttpHeaders } from 'node:http';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { ObjectId } from 'mongodb';
import type { JsonSchema } from '../../schema/index.ts';
import { JSON_TYPE, negotiate, send, type Answer } from './answers.ts';
import type { Caller, Gate } from './caller.ts';
import { compileLane, count } from './lanes.ts';
import { compileBodyReader, hasBody, mediaTypeOf, mediaTypesOf, type Bodies, type Content } from './body.ts';
import { Deadline } from './deadline.ts';
import { countStreams, type CountStream } from './open-streams.ts';
import { readPreconditions, type Preconditions } from './preconditions.ts';
import { compileParameters, readId, type Parameters } from './parameters.ts';
import { Problem } from './problems.ts';
import { cutWhenRefused } from './recheck.ts';
import { traceOf, type Trace } from './trace.ts';
import { compileValidator, type Valid } from './validation.ts';
import { note } from './noted-headers.ts';

/** Who sent a request, and its id; the history keeps both. */
export interface Origin {
  /** The id of the caller's key, or the subject of the token; where callers need not say who they are, the address. */
  caller: string;
  /** `X-Request-Id` of the request, or a new one. */
  requestId: string;
}

/** The checked input of an operation's handler. */
export interface Input {
  /** The `:id` of the path; all zeros where the path has none. */
  id: ObjectId;
  /** The other values in the path, such as `:keyId`. They are not checked. */
  path: Readonly<Record<string, unknown>>;
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
  /** Undefined where callers need not say who they are. */
  caller?: Caller | undefined;
  preconditions: Preconditions;
  /** Every write begins with a question to it. */
  deadline: Deadline;
  /** Undefined where there is no request. */
  trace?: Trace;
}

/** An empty input, for callers that handle an operation without a request. */
export const NO_INPUT: Input = {
  id: new ObjectId('0'.repeat(24)),
  path: {},
  parameters: {},
  body: {},
  target: '',
  mediaType: '',
  accepted: JSON_TYPE,
  headers: {},
  origin: { caller: '', requestId: '' },
  preconditions: readPreconditions({}),
  deadline: new Deadline(),
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
  /**
   * The scope that a caller needs, such as `engines:read`; `null`: the operation is for all whose key or token is valid. Without
   * it the operation is for everybody.
   */
  scope?: string | null;
  /** The values in the path besides `:id`; for OpenAPI. */
  pathParameters?: Parameters;
  parameters?: Parameters;
  /** Headers that it reads besides those that follow from the other properties; for OpenAPI. */
  headers?: Parameters;
  body?: Bodies;
  /** Whether it changes a state that a client can name in If-Match. */
  changesState?: boolean;
  success: Success;
  /** The answer to a body that is a stream. */
  streamed?: Success;
  /** Whether a client may send an `Idempotency-Key`, so that the request can be repeated. */
  takesIdempotencyKey?: boolean;
  /** Statuses of its problems besides those that every operation has. */
  problems: readonly number[];
  /** The preferences in `Prefer` that it understands, besides those of every write. */
  preferences?: string;
  handle: (input: Input) => Promise<Answer>;
}

/**
 * Routes for the operations. Other methods on their paths are answered with 405; OPTIONS lists the methods of a path, or of
 * all paths if the target is `*`.
 * @param gate asks who the callers are of operations that need a scope, and counts requests
 */
export function routes(operations: readonly Operation[], gate: Gate): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const countStream = countStreams();
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const operationsOfPath = operations.filter((operation) => operation.path === path);
    const route = router.route(path);
    for (const operation of operationsOfPath) route[operation.method](handler(operation, gate, countStream));
    route.all(otherMethods(operationsOfPath));
  }
  const anywhere = otherMethods(operations.map(({ method }) => ({ method })));
  router.use((request, response, next) => (request.url === '*' ? anywhere(request, response, next) : next()));
  return router;
}

function handler(operation: Operation, { authorize, limit }: Gate, countStream: CountStream): RequestHandler {
  const { method, path, scope, parameters = {}, body, streamed, handle } = operation;
  const readParameters = compileParameters(parameters);
  const validators = compileValidators(body);
  const readBody = body && compileBodyReader(body);
  const { valueTypes, streamTypesFor, allTypes, dependence } = answerTypes(operation);
  const laneOf = compileLane(operation);
  /** The input without the body. Everything that can be refused before the body is read is checked here. */
  const readHead = (request: Request, response: Response, caller: Caller | undefined, deadline: Deadline): Input => {
    note(response, dependence);
    const { headers, url: target } = request;
    const accepted = negotiate(request, allTypes);
    if (!body && hasBody(request)) throw new Problem(400, `${request.method} must not have a body here.`);
    return {
      id: path.includes('/:id') ? readId(request.params['id']) : NO_INPUT.id,
      path: request.params,
      parameters: traceOf(request).accept(readParameters(target), target),
      body: NO_INPUT.body,
      target,
      mediaType: '',
      accepted,
      headers,
      origin: method === 'get' ? NO_INPUT.origin : originOf(request, caller),
      caller,
      preconditions: readPreconditions(headers),
      deadline,
      trace: traceOf(request),
    };
  };
  const addBody = (input: Input, request: Request, { value, source }: Content): void => {
    input.mediaType = mediaTypeOf(request);
    input.source = source;
    if (source) input.deadline.beginWrites();
    else input.body = validators.get(input.mediaType)?.(value) ?? {};
    // Only the body shows whether the answer is a stream.
    if (streamed) input.accepted = negotiate(request, source ? streamTypesFor(input.mediaType) : valueTypes);
  };
  return async (request, response) => {
    // Nothing else comes before, so that nothing is told to strangers.
    const admit = scope === undefined ? undefined : () => authorize(request, scope);
    const admitted = admit?.();
    const deadline = (response.locals['deadline'] = new Deadline());
    const caller = admitted && (await deadline.within(admitted));
    response.locals['caller'] = caller?.id;
    const input = readHead(request, response, caller, deadline);
    const lane = laneOf(request, input.accepted);
    await count(limit, lane, request, response, input);
    if (readBody) addBody(input, request, await readBody(request, response));
    if (input.source && lane !== 'bulk') await count(limit, 'bulk', request, response, input); // its first byte shows it
    const follow = (mediaType: string) => {
      countStream(response, nameOf(request, caller), mediaType);
      if (admit) cutWhenRefused(response, async () => admit());
    };
    if (input.source) follow(input.mediaType);
    // A stream takes as long as its client takes to send it.
    const answer = await (input.source ? handle(input) : deadline.within(handle(input)));
    if (answer.stream && !input.source) follow(answer.stream.mediaType);
    await send(request, response, answer, input);
  };
}

/** The media types of answers that are not streams, and of those that are; and what tells caches of them. */
function answerTypes(operation: Operation) {
  const { success, streamed } = operation;
  const valueTypes = Object.keys(contentOf(success));
  const streamTypes = Object.keys(streamed ? contentOf(streamed) : {});
  /** Without a preference of the client, the answer to JSON is JSON, and the answer to lines is lines. */
  const streamTypesFor = (mediaType: string) => (mediaType === JSON_TYPE ? streamTypes : streamTypes.toReversed());
  const allTypes = [...valueTypes, ...streamTypes];
  return { valueTypes, streamTypesFor, allTypes, dependence: dependenceOf(operation, allTypes) };
}

const compileValidators = (body: Bodies | undefined) =>
  new Map(Object.entries(body?.schemas ?? {}).map(([type, schema]) => [type, compileValidator(schema)]));

/** The header that names the request headers on which the answers of an operation depend. */
function dependenceOf({ method, preferences }: Operation, types: readonly string[]): Record<string, string> {
  const names = [
    ...(types.length > 0 ? ['Accept'] : []),
    // Answers to writes are not cached, so their preferences do not matter here.
    ...(method === 'get' && preferences !== undefined ? ['Prefer'] : []),
  ];
  return names.length > 0 ? { vary: names.join(', ') } : {};
}

/** The caller's id; where callers need not say who they are, the address. */
const nameOf = ({ ip = '' }: Request, caller: Caller | undefined) => caller?.id ?? ip;

const originOf = (request: Request, caller: Caller | undefined): Origin => ({
  caller: nameOf(request, caller),
  requestId: traceOf(request).requestId,
});

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
