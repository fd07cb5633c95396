import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Problem } from './problems.ts';

/** The request headers that a page of another origin may send, besides those that browsers always allow. */
export const ALLOWED_HEADERS = [
  'Authorization',
  'Content-Encoding',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'If-Unmodified-Since',
  'Last-Event-ID',
  'Prefer',
  'Traceparent',
  'Tracestate',
  'X-Request-Id',
];

/** The headers of answers that a page of another origin may read, besides those that browsers always allow. */
export const EXPOSED_HEADERS = [
  'Accept-Encoding',
  'Accept-Patch',
  'Accept-Post',
  'Accept',
  'Allow',
  'Content-Disposition',
  'ETag',
  'Left-Out',
  'Link',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Traceparent',
  'WWW-Authenticate',
  'X-Request-Id',
  'X-Total-Count',
];

/** Browsers ask again after that time; Chromium after 2 h at most. */
const MAX_AGE_S = '7200';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses writes that a page of another origin sends without asking: browsers send a POST without a body so, which restores a
 * member. They tell by `Sec-Fetch-Site` where it comes from (W3C Fetch Metadata).
 * @param origins that are allowed; `*` stands for all
 */
export function compileForeignWrites(origins: readonly string[]): (request: IncomingMessage) => Problem | undefined {
  const allowed = new Set<unknown>(origins);
  return ({ method = '', headers }) => {
    const site = headers['sec-fetch-site'];
    if (site === undefined || site === 'same-origin' || site === 'none' || SAFE_METHODS.has(method)) return undefined;
    if (allowed.has('*') || allowed.has(headers.origin)) return undefined;
    return new Problem(
      403,
      'Pages of other origins may not use this API. Its operator names those that may in cors.origins.',
    );
  };
}

const [ALLOWED, EXPOSED] = [ALLOWED_HEADERS.join(', '), EXPOSED_HEADERS.join(', ')];

/**
 * Compiles the headers by which pages of other origins may use an answer (WHATWG Fetch, section 3.3), by the request and by
 * the answer's own headers. Callers authenticate by a header that the page itself sends, so nothing allows credentials that a
 * browser adds, such as cookies.
 *
 * The package cors is not used: it takes every OPTIONS for a preflight, has one list of methods for all paths, and writes
 * `Vary` where the answer's own one replaces it.
 * @param origins that are allowed; `*` stands for all
 */
export function compileCors(
  origins: readonly string[],
): (request: IncomingMessage, answer: OutgoingHttpHeaders) => OutgoingHttpHeaders | undefined {
  if (origins.length === 0) return () => undefined;
  const allowed = new Set(origins);
  const isOpen = allowed.has('*');
  return ({ method, headers }, { allow, vary }) => {
    const shared = isOpen ? {} : { vary: vary === undefined ? 'Origin' : `${vary}, Origin` };
    const { origin } = headers;
    if (origin === undefined || !(isOpen || allowed.has(origin))) return shared;
    const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
    return {
      ...shared,
      'access-control-allow-origin': isOpen ? '*' : origin,
      ...(isPreflight
        ? {
            ...(allow !== undefined && { 'access-control-allow-methods': allow }),
            'access-control-allow-headers': ALLOWED,
            'access-control-max-age': MAX_AGE_S,
          }
        : { 'access-control-expose-headers': EXPOSED }),
    };
  };
}
