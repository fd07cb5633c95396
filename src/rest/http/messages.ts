import { IncomingMessage, ServerResponse, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import express, { type Express } from 'express';
import { hasCode } from '../../error-code.ts';
import { resetConnection } from './tls-server.ts';

type Fields = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * The classes of an application's requests and responses, for Node's server.
 *
 * Express changes the prototype of each request and response after Node has made them. That costs V8 more than all of
 * Express's other work for a request. Here Node makes them with Express's prototype at once.
 * @param complete makes all headers of an answer, of the answer's own headers
 */
export function messageClasses(
  app: Express,
  complete: (response: ServerResponse, own: OutgoingHttpHeaders) => OutgoingHttpHeaders,
) {
  class AppRequest extends IncomingMessage {}
  class AppResponse extends ServerResponse {
    /** Every answer that is not refused before it is parsed passes through here. */
    override writeHead(status: number, reason?: string | Fields, fields?: Fields): this {
      const own = (typeof reason === 'string' ? fields : reason) ?? {};
      if (Array.isArray(own)) throw new TypeError('headers are given as an object here');
      return super.writeHead(status, complete(this, own));
    }

    /**
     * An answer that breaks off resets its connection. A normal close would make it look complete to HTTP/1.0 clients, such
     * as nginx by default, for which the end of the connection is the end of the answer (RFC 9112, section 6.3). An answer
     * that its signal cuts is different: it has no end, and what was sent to a slow reader of events may still arrive.
     */
    override destroy(error?: Error): this {
      const breaksOff = this.headersSent && !this.writableFinished && !hasCode(error, 'ABORT_ERR');
      if (breaksOff && this.socket?.writableEnded === false) resetConnection(this.socket);
      return super.destroy(error);
    }
  }
  adopt(AppRequest.prototype, express.request, app.request);
  adopt(AppResponse.prototype, express.response, app.response);
  Object.assign(app, { request: AppRequest.prototype, response: AppResponse.prototype });
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse };
}

function adopt(target: object, ...sources: object[]): void {
  for (const source of sources) Object.defineProperties(target, Object.getOwnPropertyDescriptors(source));
}
