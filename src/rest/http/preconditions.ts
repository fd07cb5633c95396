import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { malformedTags, otherState } from './described-problems.ts';

/** The names of a state of a resource (RFC 9110, section 8.8). */
interface Validators {
  etag: string;
  /** An HTTP date, exact to the second. */
  lastModified?: string | undefined;
}

/** The conditions of a request on the resource's present state (RFC 9110, section 13). */
export interface Preconditions {
  /** Whether the request names a state, by If-Match or If-Unmodified-Since. */
  nameState: boolean;
  /** Whether a write has to check the present state. */
  areGiven: boolean;
  /** Checks If-Match and If-Unmodified-Since. @throws {Problem} 412 if the present state is not the one that they name */
  requireNamed: (present: Validators) => void;
  /** Checks these and If-None-Match, before a write. @throws {Problem} 412 if one of them fails */
  require: (present: Validators) => void;
  /** Whether a client that reads has this state already, by If-None-Match or If-Modified-Since. */
  isKnown: (present: Validators) => boolean;
}

/** The strong entity tag of a representation, made of all its bytes. */
export const etagOf = (representation: string | Buffer): string =>
  `"${hash('sha256', representation, 'base64url').slice(0, 27)}"`;

/**
 * Reads the preconditions of a request. Malformed dates are ignored, as section 13.1 demands.
 * @throws {Problem} 400 for malformed entity tags: ignoring them would make a conditional write unconditional
 */
export function readPreconditions(headers: IncomingHttpHeaders): Preconditions {
  return CONDITIONAL.some((name) => headers[name] !== undefined) ? readGiven(headers) : NONE;
}

const CONDITIONAL = ['if-match', 'if-none-match', 'if-unmodified-since', 'if-modified-since'];

const NONE = readGiven({});

function readGiven(headers: IncomingHttpHeaders): Preconditions {
  const wanted = readTags(headers, 'If-Match');
  const unwanted = readTags(headers, 'If-None-Match');
  // A date counts only if the corresponding tags, which are more exact, are absent.
  const unmodifiedSince = wanted ? undefined : readDate(headers['if-unmodified-since']);
  const modifiedSince = unwanted ? undefined : readDate(headers['if-modified-since']);
  const nameState = wanted !== undefined || unmodifiedSince !== undefined;
  const requireNamed = ({ etag, lastModified }: Validators) => {
    if (wanted && !wanted.includes('*') && !wanted.includes(etag)) throw otherState('If-Match', mismatch(wanted, etag));
    if (unmodifiedSince !== undefined && lastModified !== undefined && Date.parse(lastModified) > unmodifiedSince)
      throw otherState('If-Unmodified-Since', `is before ${lastModified}, when the resource was last changed`);
  };
  return {
    nameState,
    areGiven: nameState || unwanted !== undefined,
    requireNamed,
    require(present) {
      requireNamed(present);
      if (unwanted && isAmong(present.etag, unwanted)) throw otherState('If-None-Match', 'names the present state');
    },
    isKnown({ etag, lastModified }) {
      if (unwanted) return isAmong(etag, unwanted);
      return modifiedSince !== undefined && lastModified !== undefined && Date.parse(lastModified) <= modifiedSince;
    },
  };
}

/** Why no tag in If-Match is the tag of the present state. */
function mismatch(tags: readonly string[], etag: string): string {
  const isAltered = tags.some((tag) => originalOf(tag) === etag);
  const what = isAltered
    ? `names the present state, but a proxy has altered the tag; the ETag is ${etag}`
    : `names another state; the present ETag is ${etag}`;
  const isWeak = tags.some((tag) => tag.startsWith('W/'));
  if (!isWeak && !tags.some((tag) => SUFFIXED.test(tag))) return what;
  const how = isWeak
    ? 'Weak tags, which begin with W/, never match here (RFC 9110, section 13.1.1). A proxy that compresses answers makes tags weak'
    : 'A proxy that compresses answers has added the name of a coding to the tag, so it no longer matches';
  return `${what}. ${how}. Read with Accept-Encoding: identity, or turn off compression of these answers in the proxy`;
}

/** A tag of this server with the suffix that Apache (DeflateAlterETag, BrotliAlterETag), Caddy or Jetty adds. */
const SUFFIXED = /^((?:W\/)?"[\w-]{27})[-;:+]{1,2}(?:gzip|br|brotli|df|deflate|zstd)"$/i;

/** The tag as it was before a proxy altered it. */
const originalOf = (tag: string) => tag.replace(SUFFIXED, '$1"').replace(/^W\//, '');

/** Whether one of the tags matches by weak comparison (section 8.8.3.2). @param etag a strong tag */
const isAmong = (etag: string, tags: readonly string[]) =>
  tags.some((tag) => tag === '*' || tag === etag || tag === `W/${etag}`);

/** An entity tag (section 8.8.3). */
const TAG = /(?:W\/)?"[\u0021\u0023-\u007E\u0080-\u00FF]*"/g;
/** The pattern of a readable If-Match or If-None-Match, for a JSON Schema. A list may have empty elements (section 5.6.1). */
export const ENTITY_TAGS = `^(?:\\s*\\*\\s*|[\\s,]*${TAG.source}(?:\\s*,[\\s,]*${TAG.source})*[\\s,]*)$`;
const READABLE = new RegExp(ENTITY_TAGS);

function readTags(headers: IncomingHttpHeaders, name: 'If-Match' | 'If-None-Match'): string[] | undefined {
  const text = headers[name === 'If-Match' ? 'if-match' : 'if-none-match'];
  if (text === undefined) return undefined;
  if (text.trim() === '*') return ['*'];
  if (READABLE.test(text)) return text.match(TAG) ?? [];
  throw malformedTags(name);
}

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = String.raw`\d\d:\d\d:\d\d`;
/** IMF-fixdate, and the two old formats that a recipient must still accept (section 5.6.7). */
const DATES = [
  new RegExp(String.raw`^${DAY}, \d\d ${MONTH} \d{4} ${TIME} GMT$`),
  new RegExp(String.raw`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-${MONTH}-\d\d ${TIME} GMT$`),
  new RegExp(String.raw`^${DAY} ${MONTH} [ \d]\d ${TIME} \d{4}$`),
];

/** The time in milliseconds; `undefined` if the text is not a date. */
function readDate(text: string | undefined): number | undefined {
  if (text === undefined || !DATES.some((form) => form.test(text))) return undefined;
  const milliseconds = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
