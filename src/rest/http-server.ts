import { randomUUID } from 'node:crypto';
import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import express, { type Express } from 'express';
import { breakOff, limitArrival, type Patience } from './arrival.ts';
import { hasBody } from './body.ts';
import { Problem, problemDetails, sendProblem } from './problems.ts';

const PATIENCE: Patience = { wholeMs: 30_000, idleMs: 30_000 };

/**
 * An HTTP server for an Express application.
 *
 * Express gives each request and response its own prototype after Node made them, which costs V8 more than all of
 * Express's other work for a request. Here Node makes them with that prototype, so that nothing is left to change.
 */
export function httpServer(app: Express, patience = PATIENCE): Server {
  class AppRequest extends IncomingMessage {}
  class AppResponse extends ServerResponse {}
  adopt(AppRequest.prototype, express.request, app.request);
  adopt(AppResponse.prototype, express.response, app.response);
  Object.assign(app, { request: AppRequest.prototype, response: AppResponse.prototype });
  const options = {
    IncomingMessage: AppRequest,
    ServerResponse: AppResponse,
    headersTimeout: patience.wholeMs,
    requestTimeout: 0, // Node's own knows no streams; limitArrival() sees to it
    requireHostHeader: false, // Node's own answer would be empty; misdirected() sees to it
  };
  return createServer(options, (request, response) => {
    if (hasBody(request)) limitArrival(request, patience, () => cutOff(response, patience));
    const problem = misdirected(request);
    if (problem) sendProblem(request, response, problem);
    else app(request, response);
  })
    .on('checkExpectation', (request, response) =>
      sendProblem(request, response, new Problem(417, 'The only expectation that can be met is 100-continue.')),
    )
    .on('connect', (_request, socket) => refuse(socket, new Problem(400, 'This is no proxy: CONNECT is not possible.')))
    .on('clientError', (error: Error & { code?: string }, socket) => {
      const current: unknown = Reflect.get(socket, '_httpMessage');
      if (current instanceof ServerResponse && breakOff(current.req, error)) return;
      // An answer now would be taken for that to the request before, where one is still being worked on.
      const isBusy = current instanceof ServerResponse && current.req.complete;
      if (error.code === 'ECONNRESET' || !socket.writable || isBusy) socket.destroy();
      else refuse(socket, unparsable(error.code, patience));
    });
}

function adopt(target: object, ...sources: object[]): void {
  for (const source of sources) Object.defineProperties(target, Object.getOwnPropertyDescriptors(source));
}

/**
 * What RFC 9112, section 3.2, refuses of a request that Node's parser has let through, and Express would not see.
 * Of a target that is a whole URL only the path remains: Express reads such ones by older rules, and answers what it
 * cannot read itself.
 */
function misdirected(request: IncomingMessage): Problem | undefined {
  const { url = '', headers, httpVersion } = request;
  if (headers.host === undefined && httpVersion === '1.1') return new Problem(400, 'There is no Host header.');
  if (url.startsWith('/') || url === '*') return undefined;
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (!target?.pathname.startsWith('/')) return new Problem(400, 'The request target is neither a path nor a URL.');
  request.url = target.pathname + target.search;
  return undefined;
}

function unparsable(code: string | undefined, { wholeMs }: Patience): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem(431, 'The header is larger than 16 KiB.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return late(wholeMs);
  return new Problem(400, 'This is not a message of HTTP/1.1 as RFC 9112 defines it.');
}

const late = (ms: number) => new Problem(408, `The request did not arrive within ${ms / 1000} s.`);

/** So long a client may take to read why it is cut off. */
const LINGER_MS = 1000;

/** Ends a request whose body takes too long, be it answered already or not. */
function cutOff({ req: { socket }, headersSent }: ServerResponse, { wholeMs }: Patience): void {
  if (headersSent) return void socket.destroy();
  refuse(socket, late(wholeMs));
  setTimeout(() => socket.destroy(), LINGER_MS).unref(); // it may go on sending
}

/** Answers where there is no request to answer: its target is unknown, so the instance is an identifier of its own. */
function refuse(socket: Duplex, problem: Problem): void {
  const details = problemDetails(problem, `urn:uuid:${randomUUID()}`);
  const body = JSON.stringify(details);
  socket.end(
    `HTTP/1.1 ${problem.status} ${details.title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
