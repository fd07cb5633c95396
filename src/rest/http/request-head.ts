import type { IncomingMessage } from 'node:http';
import { headerTooLarge, targetTooLong } from './described-problems.ts';
import { Problem } from './problems.ts';

/** RFC 9110, section 4.1, recommends that this length is possible. */
const MOST_OF_TARGET = 8000;
const MOST_LINES = 100;
/** The name or address of a host, which may be empty, and a port (RFC 9112, section 3.2). */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;

/**
 * The problem of a request's first line and headers that Node's parser and Express accept: they are longer than a request of
 * this API has to be, or RFC 9112, section 3.2, forbids them.
 * A target that is a whole URL is replaced by its path and query, because Express reads URLs by older rules. OPTIONS for a
 * URL without a path asks about the whole server (section 3.2.4).
 */
export function problemOfHead(request: IncomingMessage): Problem | undefined {
  const { url = '', headers, httpVersion, rawHeaders } = request;
  if (rawHeaders.length > 2 * MOST_LINES) return headerTooLarge(`has more than ${MOST_LINES} lines`);
  if (headers.host === undefined && httpVersion === '1.1') return new Problem(400, 'The request has no Host header.');
  if (headers.host !== undefined && !HOST.test(headers.host)) return new Problem(400, 'The Host header names no host.');
  if (hostLines(rawHeaders) > 1) return new Problem(400, 'The request has more than one Host header.');
  if (url.length > MOST_OF_TARGET) return targetTooLong(url.length, MOST_OF_TARGET);
  // Express reads such a target by older rules, and finds no path in some.
  if (url.includes('#')) return new Problem(400, 'The request target has a fragment. Write a # in it as %23.');
  if (url.startsWith('/')) return undefined;
  const target = URL.canParse(url) ? new URL(url) : undefined;
  const isWhole = url === '*' || (target !== undefined && /^https?:\/\/[^/?#]+$/i.test(url));
  if (isWhole && request.method === 'OPTIONS') {
    request.url = '*';
    return undefined;
  }
  if (!target?.pathname.startsWith('/')) return new Problem(400, 'The request target is neither a path nor a URL.');
  request.url = target.pathname + target.search;
  return undefined;
}

/** Node drops all but the first of them. */
function hostLines(rawHeaders: readonly string[]): number {
  let lines = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') lines += 1;
  }
  return lines;
}
