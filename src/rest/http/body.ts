import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request, RequestHandler } from 'express';
import type { JsonSchema } from '../../schema/index.ts';
import { arriving } from './arrival.ts';
import { withoutMark } from './byte-order-mark.ts';
import { inexactNumbers } from './exact-numbers.ts';
import { Problem } from './problems.ts';

/** Of a body that is one value, and of each value in a stream. */
export const LIMIT_BYTES = 102_400;

/**
 * What a route reads: the schema of each media type, and the header that tells a client so
 * (RFC 5789; W3C LDP; RFC 9110, section 15.5.16).
 */
export interface Bodies {
  schemas: Readonly<Record<string, JsonSchema>>;
  /** Media types that are handed over as a stream; of `application/json`, which `schemas` has too, arrays only. */
  streams?: Readonly<Record<string, JsonSchema>>;
  header: 'accept' | 'accept-post' | 'accept-patch';
  /** Whether a request may come without; then it is an empty object. */
  isOptional?: true;
}

/** What a request holds: one JSON value, or the bytes of many. */
export interface Content {
  value?: unknown;
  source?: AsyncIterable<Buffer>;
}

/** All media types that are read, in the order in which they are told. */
export const mediaTypesOf = ({ schemas, streams = {} }: Bodies): string[] => [
  ...new Set([...Object.keys(schemas), ...Object.keys(streams)]),
];

/** Whether content is announced (RFC 9112, section 6). */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** The media type of a request's content, without its parameters. */
export const mediaTypeOf = ({ headers }: Request): string =>
  (headers['content-type'] ?? '').split(';', 1).join('').trim().toLowerCase();

/**
 * Middleware that reads a body into `response.locals.content`. It reads at once what body-parser hands through four
 * layers, and answers a body that is too large before it has arrived.
 * @throws {Problem} 413 over 100 KiB; 415 for another media type, charset or coding; 400 for what is not I-JSON (RFC 7493)
 */
export function readContent(bodies: Bodies): RequestHandler {
  const { header, isOptional, streams = {} } = bodies;
  const types = mediaTypesOf(bodies);
  const advice = { [header]: types.join(', ') };
  return (request, response, next) => {
    if (isOptional && !hasBody(request)) {
      response.locals['content'] = { value: {} };
      return next();
    }
    checkMediaType(request, types, advice);
    const mediaType = mediaTypeOf(request);
    const takesStream = mediaType in streams;
    const isLong = Number(request.headers['content-length']) > LIMIT_BYTES;
    if (isLong && !takesStream) throw tooLarge();
    const source = decoded(request, advice);
    // The client sends nothing before it knows that it is wanted (RFC 9110, section 10.1.1).
    if (request.headers.expect !== undefined && request.httpVersion === '1.1') response.writeContinue();
    const hand = (content: Content) => {
      response.locals['content'] = content;
      next();
    };
    if (takesStream && !(mediaType in bodies.schemas)) return hand({ source: arriving(request, source) });
    const chunks: Buffer[] = [];
    let size = 0;
    let mayBeArray = takesStream;
    const release = () => source.removeAllListeners('data').removeAllListeners('end').removeAllListeners('error');
    const refuse = (problem: Problem) => {
      release().on('error', () => {});
      request.unpipe();
      request.resume(); // what is left is thrown away
      next(problem);
    };
    source.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      const first = mayBeArray ? firstCharacter(chunk) : undefined;
      mayBeArray &&= first === undefined;
      if (first === '[') {
        release().pause().unshift(Buffer.concat(chunks));
        hand({ source: arriving(request, source) });
      } else if (size > LIMIT_BYTES || (isLong && !mayBeArray)) refuse(tooLarge());
    });
    source.once('error', () =>
      refuse(new Problem(400, 'The body broke off, or is not what its Content-Encoding says.')),
    );
    source.on('end', () => {
      try {
        response.locals['content'] = { value: parse(withoutMark(Buffer.concat(chunks))) };
      } catch (problem) {
        next(problem);
        return;
      }
      next();
    });
  };
}

/** The first character that is no white space, nor a part of a byte order mark. */
const firstCharacter = (chunk: Buffer): string | undefined =>
  /[^ \t\r\n\xEF\xBB\xBF]/.exec(chunk.toString('latin1'))?.[0];

const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

function decoded(request: Request, advice: Record<string, string>): Readable {
  const coding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (coding === 'identity') return request;
  const decoder = DECODERS.get(coding);
  if (decoder) {
    const decoding = decoder();
    // A pipe ends with its source, but does not break off with it.
    request.once('error', (error) => decoding.destroy(error));
    return request.pipe(decoding);
  }
  const known = [...DECODERS.keys()].join(', ');
  throw new Problem(415, `Content-Encoding ${coding} is not read here; send ${known} or none.`, [], {
    'accept-encoding': known,
    ...advice,
  });
}

function checkMediaType(request: Request, types: readonly string[], advice: Record<string, string>): void {
  const [, ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  const isUtf = charset === undefined || /^charset="?utf-8"?$/.test(charset);
  if (types.includes(mediaTypeOf(request)) && isUtf) return;
  const given = request.headers['content-type'];
  throw new Problem(
    415,
    `${given === undefined ? 'There is no Content-Type' : `Content-Type ${given} is not read here`}; send ${types.join(' or ')} in UTF-8.`,
    [{ header: 'Content-Type', keyword: 'contentMediaType', detail: `must be ${types.join(' or ')}` }],
    advice,
  );
}

const tooLarge = () => new Problem(413, `The body is larger than ${LIMIT_BYTES} bytes.`);

/** Reads I-JSON; `subject` is what is read, for the message. @throws {Problem} 400 for what is none, 422 for numbers that would become others */
export function parse(bytes: Buffer = Buffer.alloc(0), subject = 'The body'): unknown {
  const malformed = (what: string) =>
    new Problem(400, `${subject} ${what}. Send one JSON value in UTF-8 (RFC 8259, RFC 7493).`);
  if (bytes.length === 0) throw malformed('is empty');
  if (!isUtf8(bytes)) throw malformed('is not UTF-8');
  const text = bytes.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(`is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const repeated = findRepeatedName(text, value);
  if (repeated !== undefined) throw malformed(`holds the member ${JSON.stringify(repeated)} twice in one object`);
  if (/\\u[dD][89a-fA-F]/.test(text) && !isWellFormed(value))
    throw malformed('holds half of a surrogate pair, which is no character');
  const flaws = inexactNumbers(text);
  if (flaws.length > 0) throw new Problem(422, `${subject} holds numbers that would be stored as others.`, flaws);
  return value;
}

/**
 * JSON.parse keeps the last of two members with one name and drops the other in silence.
 * In valid JSON a string before a colon is a member's name, so a name that is there more often than in the value is repeated.
 */
function findRepeatedName(text: string, value: unknown): string | undefined {
  const counts = new Map<string, number>();
  // Strings that are values are matched as well, so that none of their quotes is taken for the start of a name.
  for (const [, name, colon] of text.matchAll(/"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?/g)) {
    if (colon === undefined) continue;
    const key = name?.includes('\\') ? String(JSON.parse(`"${name}"`)) : String(name);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  walk(value, (key) => counts.set(key, (counts.get(key) ?? 0) - 1));
  return [...counts].find(([, count]) => count > 0)?.[0];
}

function isWellFormed(value: unknown): boolean {
  let wellFormed = true;
  walk(
    value,
    (text) => (wellFormed &&= text.isWellFormed()),
    (text) => (wellFormed &&= text.isWellFormed()),
  );
  return wellFormed;
}

/** Visits every member name, and every string, of a JSON value, without recursion: a client chooses the depth. */
function walk(root: unknown, onName: (name: string) => void, onString: (text: string) => void = () => {}): void {
  const stack = [root];
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value === 'string') onString(value);
    else if (Array.isArray(value)) for (const item of value) stack.push(item);
    else if (typeof value === 'object' && value !== null)
      for (const [name, member] of Object.entries(value)) {
        onName(name);
        stack.push(member);
      }
  }
}
