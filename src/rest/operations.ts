import type { IncomingHttpHeaders } from 'node:http';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { ObjectId } from 'mongodb';
import type { JsonSchema } from '../schema/json-schema.ts';
import { inTime, requireJsonAccepted, send, type Answer } from './answers.ts';
import { mediaTypeOf, readJson, type Bodies } from './body.ts';
import { readConditions, type Conditions } from './conditions.ts';
import { compileParameters, readId, type Parameters } from './parameters.ts';
import { Problem } from './problems.ts';
import { compileValidator, type Valid } from './validation.ts';

/** What an operation's handler is given, all of it checked. */
interface Input {
  /** The `:id` of the path; all zeros where the path has none. */
  id: ObjectId;
  parameters: Valid;
  body: Valid;
  /** Of the body, without parameters. */
  mediaType: string;
  headers: IncomingHttpHeaders;
  conditions: Conditions;
}

/** One method on one path: what it takes, what it answers and how. Routes and OpenAPI are both made from it. */
export interface Operation {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Express writes it: `/engines/:id`. */
  path: string;
  operationId: string;
  summary: string;
  parameters?: Parameters;
  body?: Bodies;
  /** Whether it changes a state that a client can name in If-Match. */
  changesState?: boolean;
  success: { status: number; description: string; schema?: JsonSchema; headers?: Record<string, string> };
  /** Statuses of the problems that it answers besides those that every operation can. */
  problems: readonly number[];
  /** What it understands in `Prefer`, besides what every write does. */
  preferences?: string;
  handle: (input: Input) => Promise<Answer>;
}

type Checked = Omit<Input, 'body' | 'mediaType' | 'headers'>;

const NO_ID = new ObjectId('0'.repeat(24));

/** Routes for the operations; other methods on their paths are answered with 405, and OPTIONS with what there is. */
export function routes(operations: readonly Operation[]): Router {
  const router = Router({ caseSensitive: true });
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const own = operations.filter((operation) => operation.path === path);
    const route = router.route(path);
    for (const operation of own) route[operation.method](...handlers(operation));
    route.all(otherMethods(own));
  }
  return router;
}

function handlers({ path, parameters = {}, body, success, handle }: Operation): RequestHandler[] {
  const readParameters = compileParameters(parameters);
  const validators = new Map(
    Object.entries(body?.schemas ?? {}).map(([type, schema]) => [type, compileValidator(schema)]),
  );
  const hasId = path.includes('/:id');
  /** All that can be refused before the body is read. */
  const check = (request: Request) => {
    if (success.schema) requireJsonAccepted(request);
    if (!body && hasBody(request)) throw new Problem(400, `${request.method} takes no body here.`);
    return {
      id: hasId ? readId(request.params['id']) : NO_ID,
      parameters: readParameters(request.url),
      conditions: readConditions(request.headers),
    };
  };
  const answer = async (request: Request, response: Response, checked: Checked) => {
    const { headers } = request;
    const mediaType = mediaTypeOf(request);
    const body = validators.get(mediaType)?.(request.body) ?? {};
    const answered = await inTime(handle({ ...checked, body, mediaType, headers }));
    send(request, response, answered, checked.conditions);
  };
  if (!body) return [(request, response) => answer(request, response, check(request))];
  const checkFirst: RequestHandler = (request, response, next) => {
    response.locals['checked'] = check(request);
    next();
  };
  return [checkFirst, readJson(body), (request, response) => answer(request, response, response.locals['checked'])];
}

const hasBody = ({ headers }: Request) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function otherMethods(own: readonly Operation[]): RequestHandler {
  const methods = own.map(({ method }) => method.toUpperCase());
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  const media = Object.fromEntries(
    own.flatMap(({ body }) => (body ? [[body.header, Object.keys(body.schemas).join(', ')]] : [])),
  );
  return (request, response) => {
    if (request.method === 'OPTIONS') return void response.writeHead(204, { allow, ...media }).end();
    throw new Problem(405, `${request.method} is not possible here; use ${allow}.`, [], { allow });
  };
}
