import type { Request, Response } from 'express';
import { DatabaseTimeout } from './failures.ts';
import { Problem } from './problems.ts';

/** What a handler answers: a body is sent as JSON, no body as an empty message. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A client waits 3 s at most; the rest is for the way there and back. */
const PATIENCE_MS = 2200;

/** Waits for a handler's answer. @throws {DatabaseTimeout} if that takes longer than a client should wait */
export function inTime(work: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new DatabaseTimeout(`no answer within ${PATIENCE_MS} ms`));
    const timer = setTimeout(late, PATIENCE_MS);
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

/** Sends an answer. response.json() would pass through five more layers that do nothing for it. */
export function send(response: Response, { status, headers, body }: Answer): void {
  if (body === undefined) return void response.writeHead(status, headers).end();
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

/** @throws {Problem} 406 if the client refuses JSON */
export function requireJsonAccepted(request: Request): void {
  const { accept } = request.headers;
  if (accept === undefined || accept === '*/*' || request.accepts('application/json') !== false) return;
  throw new Problem(406, `This answers application/json, which Accept: ${accept} excludes.`, [
    { header: 'Accept', keyword: 'contentMediaType', detail: 'must include application/json' },
  ]);
}
