import { createServer, IncomingMessage, ServerResponse, STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import express, { type Express } from 'express';

/**
 * An HTTP server for an Express application.
 *
 * Express gives each request and response its own prototype after Node made them, which costs V8 more than all of
 * Express's other work for a request. Here Node makes them with that prototype, so that nothing is left to change.
 */
export function httpServer(app: Express): Server {
  class AppRequest extends IncomingMessage {}
  class AppResponse extends ServerResponse {}
  adopt(AppRequest.prototype, express.request, app.request);
  adopt(AppResponse.prototype, express.response, app.response);
  Object.assign(app, { request: AppRequest.prototype, response: AppResponse.prototype });
  const server = createServer(
    { IncomingMessage: AppRequest, ServerResponse: AppResponse, requestTimeout: 30_000 },
    app,
  );
  return server.on('clientError', refuse);
}

function adopt(target: object, ...sources: object[]): void {
  for (const source of sources) Object.defineProperties(target, Object.getOwnPropertyDescriptors(source));
}

const STATUSES: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** What Node's parser refuses reaches no middleware; it is answered with problem details too. */
function refuse(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = STATUSES[error.code ?? ''] ?? 400;
  const title = STATUS_CODES[status];
  const detail = 'The message is not HTTP/1.1 as RFC 9112 defines it, or too slow or too large in its header.';
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
