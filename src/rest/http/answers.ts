import type { OutgoingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { hasCode } from '../../error-code.ts';
import { etagOf, type Preconditions } from './preconditions.ts';
import { preferredType } from './media-ranges.ts';
import { readPreferences } from './preferences.ts';
import { notAcceptable } from './described-problems.ts';
import { PROBLEM_TYPE } from './problems.ts';
import { notedHeaders } from './noted-headers.ts';

/** What a handler answers. A body is sent as JSON or as one line of NDJSON, a stream as it is; without both there is no content. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
  /** A body that is JSON already. */
  json?: string;
  stream?: Stream;
  /** The error that the answer reports, for the log. */
  failure?: unknown;
}

/** An answer of any length, made while it is sent. An error before the first chunk is answered as a problem. */
export interface Stream {
  mediaType: string;
  /** The iterator's `return` must close what is open, even while its `next` is pending. */
  content: AsyncIterable<string | Uint8Array>;
  /** Cuts the connection, even if a part of the answer was not sent yet. */
  signal?: AbortSignal;
}

export const JSON_TYPE = 'application/json';
export const HTML_TYPE = 'text/html';

/**
 * Sends an answer. If the client has this state already, the answer is 304 (RFC 9110, section 13.2.2). If the client prefers
 * `return=minimal` for a write, the content is left out (RFC 7240, section 4.2).
 * The ETag is made of the JSON without the final line feed, so that JSON and NDJSON of one state have the same.
 * response.json() is not used, because it passes through five more layers that do nothing here.
 * @throws {Problem} 412 if a read names another state; the answer's `failure`, after a stream; what the stream throws
 */
export async function send(
  request: Request,
  response: Response,
  given: Answer,
  { preconditions, accepted }: { preconditions: Preconditions; accepted: string },
): Promise<void> {
  const { status, body, json, stream } = given;
  const headers: OutgoingHttpHeaders = { ...given.headers, ...notedHeaders(response) };
  if (stream) {
    await sendStream(request, response, { status, headers }, stream);
    if (given.failure !== undefined) throw given.failure;
    return;
  }
  if (body === undefined && json === undefined) return void response.writeHead(status, headers).end();
  const text = json ?? JSON.stringify(body);
  const etag = etagOf(text);
  const lastModified = given.headers?.['last-modified'];
  headers.etag = etag;
  // Node's Date may be a second old, but Last-Modified must not be later than Date (RFC 9110, section 8.8.2.1).
  if (lastModified !== undefined) headers.date = new Date().toUTCString();
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (isRead) {
    const present = { etag, lastModified };
    preconditions.requireNamed(present);
    // Without this a cache may reuse the answer for a while, because of its Last-Modified (RFC 9111, section 4.2.2).
    headers['cache-control'] ??= 'no-cache';
    if (preconditions.isKnown(present)) return void response.writeHead(304, headers).end();
  } else {
    const wish = readPreferences(request.headers['prefer']).get('return');
    if (wish === 'minimal') return sendMinimal(request, response, status, headers);
    if (wish === 'representation') headers['preference-applied'] = 'return=representation';
  }
  const content = `${text}\n`; // for people at a prompt, and for NDJSON
  headers['content-type'] = accepted;
  headers['content-length'] = Buffer.byteLength(content);
  response.writeHead(status, headers).end(content);
}

function sendMinimal({ method }: Request, response: Response, status: number, headers: OutgoingHttpHeaders): void {
  const { etag: _etag, 'last-modified': _lastModified, ...rest } = headers;
  response.writeHead(status === 200 ? 204 : status, {
    // After a PUT these headers would describe the body as it was sent (RFC 9110, section 9.3.4), but it is stored differently.
    ...(method === 'PUT' ? rest : headers),
    ...(status !== 200 && { 'content-length': 0 }),
    'preference-applied': 'return=minimal',
  });
  response.end();
}

async function sendStream(
  request: Request,
  response: Response,
  { status, headers }: { status: number; headers: OutgoingHttpHeaders },
  { mediaType, content, signal }: Stream,
): Promise<void> {
  const begin = () =>
    response.writeHead(status, {
      'cache-control': 'no-store',
      ...headers,
      'content-type': mediaType,
    });
  if (request.method === 'HEAD') return void begin().end();
  const chunks = content[Symbol.asyncIterator]();
  // While a generator waits for a chunk, nothing else reaches it.
  response.once('close', () => void chunks.return?.().catch(() => {}));
  const first = await chunks.next();
  begin();
  const allChunks = async function* () {
    if (first.done !== true) yield first.value;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  };
  try {
    await pipeline(allChunks, response, { ...(signal && { signal }) });
  } catch (error) {
    // It is no failure if the client closes the connection, or the signal cuts it.
    if (!hasCode(error, 'ERR_STREAM_PREMATURE_CLOSE') && !hasCode(error, 'ABORT_ERR')) throw error;
  } finally {
    await chunks.return?.(); // if the client was gone before, the response had no `close` event
  }
}

/** Whether a client would rather have a page than JSON. A target with a query is none of the page. */
export const prefersHtml = ({ headers: { accept }, url }: Request): boolean =>
  accept !== undefined && !url.includes('?') && preferredType(accept, [JSON_TYPE, HTML_TYPE]) === HTML_TYPE;

/**
 * Chooses the media type of an answer: the one of `types` that the client prefers; an empty text if there are none.
 * A client that accepts only problem documents gets the first type, as RFC 9110, section 12.5.1, allows: generated clients
 * accept the first described type with "json" in its name, even if that is the type of failures.
 * @throws {Problem} 406 if the client accepts none of the types
 */
export function negotiate(request: Request, types: readonly string[]): string {
  const [usual = ''] = types;
  const { accept } = request.headers;
  if (usual === '' || accept === undefined || accept === '*/*') return usual;
  const accepted = preferredType(accept, types);
  if (accepted !== undefined) return accepted;
  if (preferredType(accept, [PROBLEM_TYPE]) !== undefined) return usual;
  throw notAcceptable(types, accept);
}
