import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from './problems.ts';

/** What tells one state of a resource from another (RFC 9110, section 8.8). */
interface Validators {
  etag: string;
  /** To the second. */
  lastModified?: string | undefined;
}

/** What a request asks of the resource's present state (RFC 9110, section 13). */
export interface Preconditions {
  /** Whether a write says which state it changes, by If-Match or If-Unmodified-Since. */
  nameState: boolean;
  /** Whether there is anything to compare before a write. */
  areGiven: boolean;
  /** @throws {Problem} 412 if the state is not the one that is named */
  requireNamed: (present: Validators) => void;
  /** The same for a write, which may also name the states that it is not meant for. @throws {Problem} 412 */
  require: (present: Validators) => void;
  /** Whether a client that reads has this state already. */
  isKnown: (present: Validators) => boolean;
}

/** The strong entity tag of a representation: it changes with each of its bytes. */
export const etagOf = (representation: string | Buffer): string =>
  `"${hash('sha256', representation, 'base64url').slice(0, 27)}"`;

/**
 * Reads the preconditions of a request. Dates that are none are ignored, as section 13.1 demands.
 * @throws {Problem} 400 for entity tags that are none: ignoring them would make a conditional write an unconditional one
 */
export function readPreconditions(headers: IncomingHttpHeaders): Preconditions {
  const wanted = readTags(headers, 'If-Match');
  const unwanted = readTags(headers, 'If-None-Match');
  // Each date counts only where the tags that say more are absent.
  const unmodifiedSince = wanted ? undefined : readDate(headers['if-unmodified-since']);
  const modifiedSince = unwanted ? undefined : readDate(headers['if-modified-since']);
  const nameState = wanted !== undefined || unmodifiedSince !== undefined;
  const requireNamed = ({ etag, lastModified }: Validators) => {
    if (wanted && !wanted.includes('*') && !wanted.includes(etag)) throw stale('If-Match', mismatch(wanted, etag));
    if (unmodifiedSince !== undefined && lastModified !== undefined && Date.parse(lastModified) > unmodifiedSince)
      throw stale('If-Unmodified-Since', `is before ${lastModified}, when it was last changed`);
  };
  return {
    nameState,
    areGiven: nameState || unwanted !== undefined,
    requireNamed,
    require(present) {
      requireNamed(present);
      if (unwanted && isAmong(present.etag, unwanted)) throw stale('If-None-Match', 'names the present state');
    },
    isKnown({ etag, lastModified }) {
      if (unwanted) return isAmong(etag, unwanted);
      return modifiedSince !== undefined && lastModified !== undefined && Date.parse(lastModified) <= modifiedSince;
    },
  };
}

function stale(header: string, detail: string): Problem {
  return new Problem(412, 'The resource is not in the state that the request is meant for. Read it again.', [
    { header, keyword: 'precondition', detail },
  ]);
}

/** Why none of the tags in If-Match is that of the present state. */
function mismatch(tags: readonly string[], etag: string): string {
  const isAltered = tags.some((tag) => originalOf(tag) === etag);
  const what = isAltered
    ? `names the present state by a tag that was altered on its way; it is ${etag}`
    : `names another state; the present one is ${etag}`;
  const isWeak = tags.some((tag) => tag.startsWith('W/'));
  if (!isWeak && !tags.some((tag) => SUFFIXED.test(tag))) return what;
  const how = isWeak
    ? 'Weak tags, with W/, never match here (RFC 9110, section 13.1.1): a proxy that compresses answers makes tags weak'
    : 'A proxy that compresses answers has put the name of a coding behind the tag, which makes it another one';
  return `${what}. ${how}. Read with Accept-Encoding: identity, or let the proxy leave these answers as they are`;
}

/** A tag of ours with what Apache (DeflateAlterETag, BrotliAlterETag), Caddy and Jetty put behind it. */
const SUFFIXED = /^((?:W\/)?"[\w-]{27})[-;:+]{1,2}(?:gzip|br|brotli|df|deflate|zstd)"$/i;

/** A tag as it was before a proxy compressed what it is of. */
const originalOf = (tag: string) => tag.replace(SUFFIXED, '$1"').replace(/^W\//, '');

/** Weak comparison (section 8.8.3.2). Ours are strong, so that a strong one needs no more than equality. */
const isAmong = (etag: string, tags: readonly string[]) =>
  tags.some((tag) => tag === '*' || tag === etag || tag === `W/${etag}`);

/** Section 8.8.3; a list may have empty elements (section 5.6.1). */
const TAG = /(?:W\/)?"[\u0021\u0023-\u007E\u0080-\u00FF]*"/g;
/** What can be read of If-Match and If-None-Match, as a JSON Schema's pattern. */
export const ENTITY_TAGS = `^(?:\\s*\\*\\s*|[\\s,]*${TAG.source}(?:\\s*,[\\s,]*${TAG.source})*[\\s,]*)$`;
const READABLE = new RegExp(ENTITY_TAGS);

function readTags(headers: IncomingHttpHeaders, name: 'If-Match' | 'If-None-Match'): string[] | undefined {
  const text = headers[name === 'If-Match' ? 'if-match' : 'if-none-match'];
  if (text === undefined) return undefined;
  if (text.trim() === '*') return ['*'];
  if (READABLE.test(text)) return text.match(TAG) ?? [];
  throw new Problem(400, `${name} cannot be read.`, [
    { header: name, keyword: 'format', detail: 'must be * or entity tags in double quotes, with commas between them' },
  ]);
}

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = String.raw`\d\d:\d\d:\d\d`;
/** IMF-fixdate, and the two forms that a recipient must still read (section 5.6.7). */
const DATES = [
  new RegExp(String.raw`^${DAY}, \d\d ${MONTH} \d{4} ${TIME} GMT$`),
  new RegExp(String.raw`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-${MONTH}-\d\d ${TIME} GMT$`),
  new RegExp(String.raw`^${DAY} ${MONTH} [ \d]\d ${TIME} \d{4}$`),
];

/** Milliseconds; `undefined` if it is no date. */
function readDate(text: string | undefined): number | undefined {
  if (text === undefined || !DATES.some((form) => form.test(text))) return undefined;
  const milliseconds = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
