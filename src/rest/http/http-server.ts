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
 * Express changes the prototype of each request and response after Node has made them. That costs V8 more than all of
 * Express's other work for a request. Here Node makes them with Express's prototype at once.
 */
export function httpServer(app: Express, patience = PATIENCE, lingering = LINGERING): Server {
  class AppRequest extends IncomingMessage {}
  class AppResponse extends ServerResponse {
    /**
     * An answer that breaks off resets its connection. A normal close would make it look complete to HTTP/1.0 clients, such
     * as nginx by default, for which the end of the connection is the end of the answer (RFC 9112, section 6.3). An answer
     * that its signal cuts is different: it has no end, and what was sent to a slow reader of events may still arrive.
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
    requestTimeout: 0, // it would end streams; limitArrival() does this instead
    requireHostHeader: false, // the answer would have no content; misdirected() checks the header instead
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
    .on('checkContinue', (...asked) => server.emit('request', ...asked)) // readContent() sends 100 (Continue)
    .on('checkExpectation', (request, response) => {
      if (hasBody(request)) closeBehindBody(request, response, lingering);
      sendProblem(request, response, new Problem(417, 'The header Expect must be 100-continue.'));
    })
    .on('connect', (_request, socket) => refuse(socket, notProxy()))
    .on('clientError', (error: Error & { code?: string }, socket) => {
      if (socket instanceof Socket && isClosing(socket)) return;
      const current: unknown = Reflect.get(socket, '_httpMessage');
      if (current instanceof ServerResponse && breakOff(current.req, error)) return;
      // While an earlier request is not answered yet, the client would take an answer for the answer to that request.
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
 * The problem of a request that RFC 9112, section 3.2, forbids, but Node's parser and Express accept.
 * A target that is a whole URL is replaced by its path and query, because Express reads URLs by older rules. OPTIONS for a
 * URL without a path asks about the whole server (section 3.2.4).
 */
function misdirected(request: IncomingMessage): Problem | undefined {
  const { url = '', headers, httpVersion } = request;
  if (headers.host === undefined && httpVersion === '1.1') return new Problem(400, 'The request has no Host header.');
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
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem(431, 'The headers are larger than 16 KiB.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return late(wholeMs);
  return new Problem(400, 'The request is not valid HTTP/1.1 (RFC 9112).');
}

const notProxy = () => new Problem(400, 'This server is not a proxy, so CONNECT is not possible.');

const late = (ms: number) => new Problem(408, `The request did not arrive within ${ms / 1000} s.`);

/**
 * Lets the client read an answer that is sent before the whole body has arrived: unless the body is short, the answer says
 * that it is the last one on its connection, and the connection is closed slowly.
 */
function closeBehindBody(request: IncomingMessage, response: ServerResponse, lingering: Lingering): void {
  const { socket, headers } = request;
  // Node calls this after the last answer on a connection.
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

/** The bytes of an answer to a request that could not be parsed. Its target is unknown, so the instance is a new UUID. */
function messageOf(problem: Problem): string {
  const details = problemDetails(problem, `urn:uuid:${randomUUID()}`);
  const body = `${JSON.stringify(details)}\n`;
  return (
    `HTTP/1.1 ${problem.status} ${details.title}\r\nConnection: close\r\nCache-Control: no-store\r\n` +
    `Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}
