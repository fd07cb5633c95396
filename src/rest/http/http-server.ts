import { randomUUID } from 'node:crypto';
import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import express, { type Express } from 'express';
import { hasCode } from '../../error-code.ts';
import { breakOff, limitArrival, type Patience } from './arrival.ts';
import { hasBody, LIMIT_BYTES } from './body.ts';
import { isClosing, LINGERING, lingeringClose, type Lingering } from './lingering-close.ts';
import { Problem, problemDetails, PROBLEM_TYPE, sendProblem } from './problems.ts';

const PATIENCE: Patience = { wholeMs: 30_000, idleMs: 30_000 };

/**
 * An HTTP server for an Express application.
 *
 * Express gives each request and response its own prototype after Node made them, which costs V8 more than all of
 * Express's other work for a request. Here Node makes them with that prototype, so that nothing is left to change.
 */
export function httpServer(app: Express, patience = PATIENCE, lingering = LINGERING): Server {
  class AppRequest extends IncomingMessage {}
  class AppResponse extends ServerResponse {
    /**
     * An answer that breaks off resets its connection. Closed politely, it would look whole where its end is that of the
     * connection, as for HTTP/1.0 (RFC 9112, section 6.3), and so for plain nginx. One that is cut by its signal has no
     * end: what is on its way to a slow reader of events may still arrive.
     */
    override destroy(error?: Error): this {
      const breaksOff = this.headersSent && !this.writableFinished && !hasCode(error, 'ABORT_ERR');
      if (breaksOff && this.socket?.writableEnded === false) this.socket.resetAndDestroy();
      return super.destroy(error);
    }
  }
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
  const refuse = (socket: Duplex, problem: Problem) => {
    if (socket instanceof Socket) lingeringClose(socket, socket, lingering, messageOf(problem));
    else socket.destroy();
  };
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    if (isClosing(request.socket)) return;
    if (hasBody(request)) {
      closeBehindBody(request, response, lingering);
      limitArrival(request, patience, () => {
        if (response.headersSent) request.socket.destroy();
        else refuse(request.socket, late(patience.wholeMs));
      });
    }
    const problem = misdirected(request);
    if (problem) sendProblem(request, response, problem);
    else app(request, response);
  };
  const server = createServer(options, serve);
  return server
    .on('checkContinue', (...asked) => server.emit('request', ...asked)) // whoever reads the body asks for it
    .on('checkExpectation', (request, response) => {
      if (hasBody(request)) closeBehindBody(request, response, lingering);
      sendProblem(request, response, new Problem(417, 'The only expectation that can be met is 100-continue.'));
    })
    .on('connect', (_request, socket) => refuse(socket, new Problem(400, 'This is no proxy: CONNECT is not possible.')))
    .on('clientError', (error: Error & { code?: string }, socket) => {
      if (socket instanceof Socket && isClosing(socket)) return;
      const current: unknown = Reflect.get(socket, '_httpMessage');
      if (current instanceof ServerResponse && breakOff(current.req, error)) return;
      // An answer now would be taken for that to the request before, where one is still being worked on.
      const isBusy = current instanceof ServerResponse && current.req.complete;
      if (isBusy) current.destroy();
      else if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
      else refuse(socket, unparsable(error.code, patience));
    });
}

function adopt(target: object, ...sources: object[]): void {
  for (const source of sources) Object.defineProperties(target, Object.getOwnPropertyDescriptors(source));
}

/**
 * What RFC 9112, section 3.2, refuses of a request that Node's parser has let through, and Express would not see.
 * Of a target that is a whole URL only the path remains: Express reads such ones by older rules, and answers what it
 * cannot read itself. Without a path, OPTIONS asks about the whole server (section 3.2.4).
 */
function misdirected(request: IncomingMessage): Problem | undefined {
  const { url = '', headers, httpVersion } = request;
  if (headers.host === undefined && httpVersion === '1.1') return new Problem(400, 'There is no Host header.');
  if (url.startsWith('/')) return undefined;
  const target = URL.canParse(url) ? new URL(url) : undefined;
  const isWhole = url === '*' || (target !== undefined && /^https?:\/\/[^/?#]+$/i.test(url));
  if (isWhole && request.method === 'OPTIONS') {
    request.url = '*';
    return undefined;
  }
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

/**
 * Sees to it that an answer can be read that comes before the whole body: it says that it is the last one on its connection,
 * unless the body is short, and the connection is not closed at once.
 */
function closeBehindBody(request: IncomingMessage, response: ServerResponse, lingering: Lingering): void {
  const { socket, headers } = request;
  // What Node calls behind the last answer on a connection.
  socket.destroySoon = () => {
    if (request.complete) Socket.prototype.destroySoon.call(socket);
    else lingeringClose(socket, request, lingering);
  };
  const isShort = headers.expect === undefined && Number(headers['content-length']) <= LIMIT_BYTES;
  const { shouldKeepAlive } = response;
  if (isShort || !shouldKeepAlive) return;
  response.shouldKeepAlive = false;
  request.once('end', () => (response.shouldKeepAlive = shouldKeepAlive));
}

/** An answer where there is no request to answer: its target is unknown, so the instance is an identifier of its own. */
function messageOf(problem: Problem): string {
  const details = problemDetails(problem, `urn:uuid:${randomUUID()}`);
  const body = JSON.stringify(details);
  return (
    `HTTP/1.1 ${problem.status} ${details.title}\r\nConnection: close\r\nCache-Control: no-store\r\n` +
    `Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}
