import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { hasCode } from '../../error-code.ts';
import { FORMATS } from './formats.ts';
import { etagOf, type Preconditions } from './preconditions.ts';
import { DatabaseTimeout } from './failures.ts';
import { preferredType } from './media-ranges.ts';
import { readPreferences } from './preferences.ts';
import { Problem, PROBLEM_TYPE } from './problems.ts';
import { varyOf } from './vary.ts';

/** What a handler answers: a body is sent as JSON, or as one line of it, a stream as it comes, nothing as an empty message. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
  /** A body that is JSON already. */
  json?: string;
  stream?: Stream;
  /** A failure that the answer tells of, for the log. */
  failure?: unknown;
}

/** An answer of any length. Nothing of it is made before it is sent; what fails before its first chunk can be a problem. */
export interface Stream {
  mediaType: string;
  /** What holds something open lets it go when its iterator is asked to return, even while it is waited for. */
  content: AsyncIterable<string | Uint8Array>;
  /** Cuts the connection, whatever is on its way. */
  signal?: AbortSignal;
}

export const JSON_TYPE = 'application/json';

/** A client waits 3 s at most; the rest is for the way there and back. */
const PATIENCE_MS = 2200;

/** Waits for an answer. @throws {DatabaseTimeout} if that takes longer than a client should wait */
export function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new DatabaseTimeout(`no answer within ${PATIENCE_MS} ms`));
    const timer = setTimeout(late, PATIENCE_MS);
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

/**
 * Sends an answer, or as much of it as the client wants: nothing of what it has already (RFC 9110, section 13.2.2), and
 * no representation of what it has just written if it prefers so (RFC 7240, section 4.2).
 * Its ETag is of the JSON in either spelling, for it names the member's state.
 * response.json() would pass through five more layers that do nothing for it.
 */
export async function send(
  request: Request,
  response: Response,
  given: Answer,
  { preconditions, accepted }: { preconditions: Preconditions; accepted: string },
): Promise<void> {
  const answer: Answer = { ...given, headers: { ...given.headers, ...varyOf(response) } };
  const { status, body, json, stream } = answer;
  if (stream) {
    await sendStream(request, response, answer, stream);
    if (answer.failure !== undefined) throw answer.failure;
    return;
  }
  if (body === undefined && json === undefined) return void response.writeHead(status, answer.headers).end();
  const text = json ?? JSON.stringify(body);
  const etag = etagOf(text);
  const lastModified = answer.headers?.['last-modified'];
  const headers = {
    ...answer.headers,
    etag,
    // Node's own may be that of the second before, and Last-Modified must not be later (RFC 9110, section 8.8.2.1).
    ...(lastModified !== undefined && { date: new Date().toUTCString() }),
  };
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (isRead) {
    const present = { etag, lastModified };
    preconditions.requireNamed(present);
    // Without this a cache may hold it for a while, by its Last-Modified (RFC 9111, section 4.2.2).
    Object.assign(headers, { 'cache-control': 'no-cache' });
    if (preconditions.isKnown(present)) return void response.writeHead(304, headers).end();
  } else {
    const wish = readPreferences(request.headers['prefer']).get('return');
    if (wish === 'minimal') return sendMinimal(request, response, status, headers);
    if (wish === 'representation') Object.assign(headers, { 'preference-applied': 'return=representation' });
  }
  const content = accepted === FORMATS.ndjson ? `${text}\n` : text;
  response.writeHead(status, {
    ...headers,
    'content-type': accepted,
    'content-length': Buffer.byteLength(content),
    'x-content-type-options': 'nosniff',
  });
  response.end(content);
}

function sendMinimal({ method }: Request, response: Response, status: number, headers: Record<string, string>): void {
  const { etag: _etag, 'last-modified': _lastModified, ...others } = headers;
  response.writeHead(status === 200 ? 204 : status, {
    // A PUT is not stored as it was sent, so these would be taken for those of what was sent (RFC 9110, section 9.3.4).
    ...(method === 'PUT' ? others : headers),
    ...(status !== 200 && { 'content-length': 0 }),
    'preference-applied': 'return=minimal',
  });
  response.end();
}

async function sendStream(
  request: Request,
  response: Response,
  { status, headers }: Answer,
  { mediaType, content, signal }: Stream,
): Promise<void> {
  const begin = () =>
    response.writeHead(status, {
      'cache-control': 'no-store',
      ...headers,
      'content-type': mediaType,
      'x-content-type-options': 'nosniff',
    });
  if (request.method === 'HEAD') return void begin().end();
  const chunks = content[Symbol.asyncIterator]();
  // While a generator waits for a chunk, nothing else reaches it.
  response.once('close', () => void chunks.return?.().catch(() => {}));
  const first = await chunks.next();
  begin();
  const whole = async function* () {
    if (first.done !== true) yield first.value;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  };
  try {
    await pipeline(whole, response, { ...(signal && { signal }) });
  } catch (error) {
    // A client may leave whenever it likes, and be left.
    if (!hasCode(error, 'ERR_STREAM_PREMATURE_CLOSE') && !hasCode(error, 'ABORT_ERR')) throw error;
  } finally {
    await chunks.return?.(); // one who has left already was sent nothing, and asked for no return
  }
}

/**
 * The media type that the client likes best of those that an operation answers, of which there may be none.
 * One that takes problems alone is answered all the same, as RFC 9110, section 12.5.1, allows: generated clients name of
 * what is described the first type with "json" in its name, be it that of failures.
 * @throws {Problem} 406 if the client refuses them all
 */
export function negotiate(request: Request, types: readonly string[]): string {
  const [usual = ''] = types;
  const { accept } = request.headers;
  if (usual === '' || accept === undefined || accept === '*/*') return usual;
  const accepted = preferredType(accept, types);
  if (accepted !== undefined) return accepted;
  if (preferredType(accept, [PROBLEM_TYPE]) !== undefined) return usual;
  const list = types.join(' or ');
  throw new Problem(406, `This answers ${list}, which Accept: ${accept} excludes.`, [
    { header: 'Accept', keyword: 'contentMediaType', detail: `must include ${list}` },
  ]);
}
