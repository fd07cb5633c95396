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

/** Who asks, and which request it is: what a log of changes tells. */
export interface Origin {
  /** The address that the request came from. */
  caller: string;
  /** `X-Request-Id` of the request, or a new one. */
  requestId: string;
}

/** What an operation's handler is given, all of it checked. */
export interface Input {
  /** The `:id` of the path; all zeros where the path has none. */
  id: ObjectId;
  parameters: Valid;
  body: Valid;
  /** The body, where it is a stream. */
  source?: AsyncIterable<Buffer> | undefined;
  /** The request target, as it was sent. */
  target: string;
  /** Of the body, without parameters. */
  mediaType: string;
  /** The media type of the answer that the client likes best. */
  accepted: string;
  headers: IncomingHttpHeaders;
  /** Of a write. */
  origin: Origin;
  preconditions: Preconditions;
}

/** A request that says nothing, for whoever handles an operation without one. */
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

/** An answer that is no problem, as OpenAPI describes it. */
export interface Success {
  status: number;
  description: string;
  /** Of a JSON answer. */
  schema?: JsonSchema;
  /** Media types that are answered as a stream. */
  streams?: Readonly<Record<string, JsonSchema>>;
  headers?: Record<string, string>;
  /** Statuses of failures that are told in the same media types, instead of as a problem. */
  failures?: readonly number[];
}

/** The media types of an answer, the first of which is what a client gets that says nothing. */
export const contentOf = ({ schema, streams }: Success): Record<string, JsonSchema> => ({
  ...(schema && { [JSON_TYPE]: schema }),
  ...streams,
});

/** One method on one path: what it takes, what it answers and how. Routes and OpenAPI are both made from it. */
export interface Operation {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Express writes it: `/engines/:id`. */
  path: string;
  operationId: string;
  summary: string;
  /** More than the summary says; Markdown. */
  description?: string;
  parameters?: Parameters;
  /** Headers that it reads, besides those that follow from the rest, with their descriptions; for OpenAPI. */
  headers?: Parameters;
  body?: Bodies;
  /** Whether it changes a state that a client can name in If-Match. */
  changesState?: boolean;
  success: Success;
  /** The answer to a body that is a stream. */
  streamed?: Success;
  /** What leads clients elsewhere, by 303, that like one of these media types best. */
  seeOther?: { mediaTypes: readonly string[]; description: string };
  /** Whether a client may name the request, so that it can be repeated. */
  takesIdempotencyKey?: boolean;
  /** Statuses of the problems that it answers besides those that every operation can. */
  problems: readonly number[];
  /** What it understands in `Prefer`, besides what every write does. */
  preferences?: string;
  handle: (input: Input) => Promise<Answer>;
}

type Checked = Pick<Input, 'id' | 'parameters' | 'preconditions' | 'accepted'>;

/**
 * Routes for the operations; other methods on their paths are answered with 405, and OPTIONS with what there is, here or
 * (of `*`) anywhere.
 */
export function routes(operations: readonly Operation[]): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const own = operations.filter((operation) => operation.path === path);
    const route = router.route(path);
    for (const operation of own) route[operation.method](...handlers(operation));
    route.all(otherMethods(own));
  }
  const whole = otherMethods(operations.map(({ method }) => ({ method })));
  router.use((request, response, next) => (request.url === '*' ? whole(request, response, next) : next()));
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
  const ofValue = [...Object.keys(contentOf(success)), ...(seeOther?.mediaTypes ?? [])];
  const ofStream = Object.keys(streamed ? contentOf(streamed) : {});
  /** Unless the client prefers another, JSON is answered to JSON, and lines to lines. */
  const ofStreamIn = (mediaType: string) => (mediaType === JSON_TYPE ? ofStream : ofStream.toReversed());
  const any = [...ofValue, ...ofStream];
  const dependence = [
    ...(any.length > 0 ? ['Accept'] : []),
    // What is preferred of a write concerns no cache.
    ...(method === 'get' && preferences !== undefined ? ['Prefer'] : []),
  ].join(', ');
  /** All that can be refused before the body is read. */
  const check = (request: Request, response: Response): Checked => {
    dependOn(response, dependence);
    const accepted = negotiate(request, any);
    if (!body && hasBody(request)) throw new Problem(400, `${request.method} takes no body here.`);
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
    // Which of the two it is, only the body tells.
    const accepted = streamed ? negotiate(request, source ? ofStreamIn(mediaType) : ofValue) : checked.accepted;
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

/** The last handler of a path: what its other methods get, and OPTIONS. */
export function otherMethods(own: readonly Pick<Operation, 'method' | 'body'>[]): RequestHandler {
  const methods = [...new Set(own.map(({ method }) => method.toUpperCase()))];
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  const media = Object.fromEntries(
    own.flatMap(({ body }) => (body ? [[body.header, mediaTypesOf(body).join(', ')]] : [])),
  );
  return (request, response) => {
    if (request.method === 'OPTIONS') return void response.writeHead(204, { allow, ...media }).end();
    throw new Problem(405, `${request.method} is not possible here; use ${allow}.`, [], { allow });
  };
}
