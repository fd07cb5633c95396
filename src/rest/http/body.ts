import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request, Response } from 'express';
import type { JsonSchema } from '../../schema/index.ts';
import { arriving, brokenBody } from './arrival.ts';
import { withoutMark } from './byte-order-mark.ts';
import { inexactNumbers } from './exact-numbers.ts';
import { isTooDeep, MOST_LEVELS } from './json-depth.ts';
import { bodyTooLarge, unsupportedMediaType } from './described-problems.ts';
import { Problem } from './problems.ts';
import { messageOf } from '../../operator-error.ts';

/** The largest size of a body that is one value, and of each value in a stream. */
export const LIMIT_BYTES = 102_400;

/**
 * The bodies that a route reads: the schema of each media type, and the header that lists these types for clients
 * (RFC 5789; W3C LDP; RFC 9110, section 15.5.16).
 */
export interface Bodies {
  schemas: Readonly<Record<string, JsonSchema>>;
  /** Media types that are read as a stream. If `schemas` has `application/json` too, only its arrays are. */
  streams?: Readonly<Record<string, JsonSchema>>;
  header: 'accept' | 'accept-post' | 'accept-patch';
  /** Whether a request may have no body; then the value is an empty object. */
  isOptional?: true;
}

/** The content of a request: one JSON value, or the bytes of many. */
export interface Content {
  value?: unknown;
  source?: AsyncIterable<Buffer>;
}

/** All media types that a route reads, in the order of the header that lists them. */
export const mediaTypesOf = ({ schemas, streams = {} }: Bodies): string[] => [
  ...new Set([...Object.keys(schemas), ...Object.keys(streams)]),
];

/** Whether the request's headers announce a body (RFC 9112, section 6). */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** The media type of a request's content, without its parameters. */
export const mediaTypeOf = ({ headers }: Request): string =>
  (headers['content-type'] ?? '').split(';', 1).join('').trim().toLowerCase();

/**
 * Compiles the reader of a body. Unlike body-parser it needs no four layers for that, and refuses a body that is too large
 * before all of it has arrived.
 * @throws {Problem} 413 over 100 KiB; 415 for another media type, charset or coding; 400 for what is not I-JSON (RFC 7493)
 */
export function compileBodyReader(bodies: Bodies): (request: Request, response: Response) => Promise<Content> {
  const { header, isOptional, streams = {} } = bodies;
  const types = mediaTypesOf(bodies);
  const advice = { [header]: types.join(', ') };
  return async (request, response) => {
    if (isOptional && !hasBody(request)) return { value: {} };
    checkMediaType(request, types, advice);
    const mediaType = mediaTypeOf(request);
    const takesStream = mediaType in streams;
    const isLong = Number(request.headers['content-length']) > LIMIT_BYTES;
    if (isLong && !takesStream) throw bodyTooLarge(LIMIT_BYTES);
    const source = decoded(request, advice);
    // With Expect the client sends the body only after this (RFC 9110, section 10.1.1).
    if (request.headers.expect !== undefined && request.httpVersion === '1.1') response.writeContinue();
    if (takesStream && !(mediaType in bodies.schemas)) return { source: arriving(request, source) };
    return collect(request, source, { isLong, mayBeArray: takesStream });
  };
}

/** Collects a body that is one value. A body that may be an array is read as a stream, if it is one. */
function collect(
  request: Request,
  source: Readable,
  { isLong, mayBeArray }: { isLong: boolean; mayBeArray: boolean },
): Promise<Content> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const release = () => source.removeAllListeners('data').removeAllListeners('end').removeAllListeners('error');
    const refuse = (problem: Problem) => {
      release().on('error', () => {});
      request.unpipe();
      request.resume(); // the rest is thrown away
      reject(problem);
    };
    source.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      const first = mayBeArray ? firstCharacter(chunk) : undefined;
      mayBeArray &&= first === undefined;
      if (first === '[') {
        release().pause().unshift(Buffer.concat(chunks));
        resolve({ source: arriving(request, source) });
      } else if (size > LIMIT_BYTES || (isLong && !mayBeArray)) refuse(bodyTooLarge(LIMIT_BYTES));
    });
    source.once('error', () => refuse(brokenBody()));
    source.on('end', () => {
      try {
        resolve({ value: parse(withoutMark(Buffer.concat(chunks))) });
      } catch (problem) {
        reject(problem);
      }
    });
  });
}

/** The first character that is neither white space nor a part of a byte order mark. */
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
    // A pipe ends when its source ends, but not when its source fails.
    request.once('error', (error) => decoding.destroy(error));
    return request.pipe(decoding);
  }
  const known = [...DECODERS.keys()].join(', ');
  throw new Problem(
    415,
    `Content-Encoding ${coding} is not supported here. Send ${known} or no Content-Encoding.`,
    [],
    {
      'accept-encoding': known,
      ...advice,
    },
  );
}

function checkMediaType(request: Request, types: readonly string[], advice: Record<string, string>): void {
  const [, ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  const isUtf = charset === undefined || /^charset="?utf-8"?$/.test(charset);
  if (types.includes(mediaTypeOf(request)) && isUtf) return;
  throw unsupportedMediaType(request.headers['content-type'], types, advice);
}

/**
 * Reads I-JSON (RFC 7493).
 * @param subject names what is read, for the message
 * @throws {Problem} 400 if it is not I-JSON, 422 for numbers that cannot be stored exactly
 */
export function parse(bytes: Buffer = Buffer.alloc(0), subject = 'The body'): unknown {
  const malformed = (what: string) =>
    new Problem(400, `${subject} ${what}. Send one JSON value in UTF-8 (RFC 8259, RFC 7493).`);
  if (bytes.length === 0) throw malformed('is empty');
  if (!isUtf8(bytes)) throw malformed('is not UTF-8');
  const text = bytes.toString();
  if (isTooDeep(text)) throw new Problem(400, `${subject} has more than ${MOST_LEVELS} levels of arrays and objects.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(`is not JSON (${messageOf(error)})`);
  }
  const repeated = isAsWritten(text, value) ? undefined : findRepeatedName(text, value);
  if (repeated !== undefined) throw malformed(`has the name ${JSON.stringify(repeated)} twice in one object`);
  if (/\\u[dD][89a-fA-F]/.test(text) && !isWellFormed(value))
    throw malformed('has half of a surrogate pair, which is not a character');
  const flaws = inexactNumbers(text);
  if (flaws.length > 0) throw new Problem(422, `${subject} has numbers that cannot be stored exactly.`, flaws);
  return value;
}

/** Whether a text is what JSON.stringify makes of its value, so that it has no repeated name. Long texts may be too deep for that. */
const isAsWritten = (text: string, value: unknown) => text.length <= 1000 && text === JSON.stringify(value);

/**
 * A name that an object of the text has twice, if there is one. JSON.parse keeps the last of the two and drops the other in
 * silence. In valid JSON a string before a colon is a name, so a name that the text has more often than the value is repeated.
 */
function findRepeatedName(text: string, value: unknown): string | undefined {
  const counts = new Map<string, number>();
  // Strings that are values are matched too, so that none of their quotes looks like the start of a name.
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

/** Visits every name and every string of a JSON value. It does not recurse, because a client chooses the depth. */
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
