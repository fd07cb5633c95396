import { Router, type Request, type RequestHandler, type Response } from 'express';
import { ObjectId } from 'mongodb';
import type { JsonSchema } from '../schema/json-schema.ts';
import { inTime, requireJsonAccepted, send, type Answer } from './answers.ts';
import { readJson, type MediaTypes } from './body.ts';
import { compileParameters, readId, type Parameters } from './parameters.ts';
import { Problem } from './problems.ts';
import { compileValidator, type Valid } from './validation.ts';

/** What an operation's handler is given, all of it checked. */
interface Input {
  /** The `:id` of the path; all zeros where the path has none. */
  id: ObjectId;
  parameters: Valid;
  body: Valid;
}

/** One method on one path: what it takes, what it answers and how. Routes and OpenAPI are both made from it. */
export interface Operation {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Express writes it: `/engines/:id`. */
  path: string;
  operationId: string;
  summary: string;
  parameters?: Parameters;
  body?: MediaTypes & { schema: JsonSchema };
  success: { status: number; description: string; schema?: JsonSchema; headers?: Record<string, string> };
  /** Statuses of the problems that it answers besides those that every operation can. */
  problems: readonly number[];
  handle: (input: Input) => Promise<Answer>;
}

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
  const validate = body ? compileValidator(body.schema) : () => ({});
  const hasId = path.includes('/:id');
  /** All that can be refused before the body is read. */
  const check = (request: Request) => {
    if (success.schema) requireJsonAccepted(request);
    if (!body && hasBody(request)) throw new Problem(400, `${request.method} takes no body here.`);
    return { id: hasId ? readId(request.params['id']) : NO_ID, parameters: readParameters(request.url) };
  };
  const answer = async (request: Request, response: Response, checked: Omit<Input, 'body'>) => {
    const input = { ...checked, body: validate(request.body) };
    send(response, await inTime(handle(input)));
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
  const media = Object.fromEntries(own.flatMap(({ body }) => (body ? [[body.header, body.types.join(', ')]] : [])));
  return (request, response) => {
    if (request.method === 'OPTIONS') return void response.writeHead(204, { allow, ...media }).end();
    throw new Problem(405, `${request.method} is not possible here; use ${allow}.`, [], { allow });
  };
}
