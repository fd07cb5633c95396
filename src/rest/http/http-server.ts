import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';
import { breakOff, limitArrival, type Patience } from './arrival.ts';
import { hasBody, LIMIT_BYTES } from './body.ts';
import { headerTooLarge, overloaded } from './described-problems.ts';
import { compileCors, compileForeignWrites } from './cors.ts';
import { answerHalfClosed, endWithClient } from './half-closed.ts';
import { isClosing, LINGERING, lingeringClose, type Lingering } from './lingering-close.ts';
import { messageClasses } from './messages.ts';
import { CAPACITY, Overload, type Capacity } from './overload.ts';
import { Problem, problemDetails, PROBLEM_TYPE, sendProblem } from './problems.ts';
import { problemOfHead } from './request-head.ts';
import { Trace, traceOf } from './trace.ts';
import { securityHeaders } from './security-headers.ts';
import { waitForTurn } from './turns.ts';
import { hasMoved, resetConnection, tlsServer, type Certificate } from './tls-server.ts';

const PATIENCE: Patience = { wholeMs: 30_000, idleMs: 30_000 };

/** How often Node looks which headers have not arrived in time. */
const CHECK_MS = 5000;

/**
 * How long a connection without a request is kept: longer than proxies keep it (nginx and Varnish 60 s, Caddy 120 s). Otherwise
 * a proxy may send a request on a connection that is being closed, and then it answers 502.
 */
const KEEP_ALIVE_MS = 125_000;

/** What a server does otherwise than by default. */
export interface ServerOptions {
  patience?: Patience;
  lingering?: Lingering | undefined;
  /** The origins whose pages may use it; `*` for all. */
  origins?: readonly string[];
  capacity?: Capacity;
  /** Makes it speak TLS. */
  certificate?: Certificate | undefined;
}

/**
 * An HTTP server for an Express application. It emits `overload` for each request that is refused because it has too much to
 * do.
 */
export function httpServer(
  app: Express,
  { patience = PATIENCE, lingering = LINGERING, origins = [], capacity = CAPACITY, certificate }: ServerOptions = {},
): Server {
  const fixed = securityHeaders(certificate !== undefined);
  const corsHeaders = compileCors(origins);
  const foreignWrite = compileForeignWrites(origins);
  const overload = new Overload(capacity);
  const classes = messageClasses(app, (response, own) => {
    const request = response.req;
    overload.leave(request);
    endWithClient(response, own['content-type']);
    // A spread of several objects takes V8 four times as long as this.
    return Object.assign({}, fixed, own, corsHeaders(request, own), traceOf(request).headers);
  });
  const refuse = (socket: Duplex, problem: Problem) => {
    if (socket instanceof Socket) lingeringClose(socket, socket, lingering, messageOf(problem, fixed));
    else socket.destroy();
  };
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    if (isClosing(request.socket)) return;
    if (!response.socket) return waitForTurn(request, response, () => serve(request, response));
    request.socket.setTimeout(patience.idleMs);
    if (hasBody(request)) {
      closeBehindBody(request, response, lingering);
      limitArrival(request, patience, () => {
        if (response.headersSent) request.socket.destroy();
        else refuse(request.socket, late(patience.wholeMs));
      });
    }
    const isTooMuch = overload.enter(request, response);
    if (isTooMuch) server.emit('overload');
    const problem = isTooMuch ? overloaded() : (problemOfHead(request) ?? foreignWrite(request));
    if (problem) sendProblem(request, response, problem);
    else app(request, response);
  };
  const server = makeServer(classes, patience, certificate);
  overload.measureFor(server);
  return server
    .on('request', serve)
    .on('checkContinue', (...asked) => server.emit('request', ...asked)) // the reader of the body sends 100 (Continue)
    .on('checkExpectation', (request, response) => {
      if (hasBody(request)) closeBehindBody(request, response, lingering);
      sendProblem(request, response, new Problem(417, 'The header Expect must be 100-continue.'));
    })
    .on('timeout', endUnread)
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

function makeServer(
  classes: ReturnType<typeof messageClasses>,
  { wholeMs }: Patience,
  certificate: Certificate | undefined,
): Server {
  const options = {
    ...classes,
    headersTimeout: wholeMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(wholeMs, CHECK_MS),
    requestTimeout: 0, // it would end streams; limitArrival() does this instead
    requireHostHeader: false, // the answer would have no content; problemOfHead() checks the header instead
  };
  return answerHalfClosed(
    certificate
      ? tlsServer({ ...options, handshakeTimeout: wholeMs, allowHalfOpen: true }, certificate)
      : createServer(options),
  );
}

/**
 * Ends a connection on which nothing moves, unless a request is being worked on. An answer that the client does not read is
 * broken off. As long as the client takes some of it, Node does not call this.
 */
function endUnread(socket: Socket): void {
  const current: unknown = Reflect.get(socket, '_httpMessage');
  if (!(current instanceof ServerResponse)) socket.destroy();
  else if (hasMoved(socket)) socket.setTimeout(socket.timeout ?? 0);
  else if (socket.writableLength > 0) resetConnection(socket);
}

function unparsable(code: string | undefined, { wholeMs }: Patience): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return headerTooLarge('or its target is larger than 16 KiB');
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
function messageOf(problem: Problem, fixed: Readonly<Record<string, string>>): string {
  const { requestId, headers: ids } = new Trace();
  const details = problemDetails(problem, `urn:uuid:${requestId}`);
  const body = `${JSON.stringify(details)}\n`;
  const headers = {
    ...fixed,
    ...ids,
    connection: 'close',
    'cache-control': 'no-store',
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${details.title}\r\n${lines.join('')}\r\n${body}`;
}
