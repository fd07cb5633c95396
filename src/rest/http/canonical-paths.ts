import type { RequestHandler } from 'express';
import { uriReference } from './problems.ts';

/** Proxies refuse headers that are much longer. */
const MOST_CHARACTERS = 3500;

/**
 * Leads to what is served from the same path with a slash too many, at the end or anywhere else: by 308, which keeps the
 * method and the query. The address is relative, so that it also holds behind a proxy that adds a prefix, and leads to
 * no other server.
 *
 * @param templates the paths that are served, as Express writes them: `/engines/:id`
 */
export function canonicalPaths(templates: readonly string[]): RequestHandler {
  const served = templates.map(
    (template) => new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`),
  );
  return ({ url }, response, next) => {
    const [, path = '', rest = ''] = /^([^?#]*)([^]*)$/.exec(url) ?? [];
    const canonical = path.replaceAll(/\/{2,}/g, '/').replace(/(?!^)\/$/, '');
    // Clients count a backslash as a slash, or do not (WHATWG URL, RFC 3986), so that a relative address is not the same to all.
    if (path.includes('\\')) return next();
    if (canonical === path || !served.some((pattern) => pattern.test(canonical))) return next();
    const upwards = '../'.repeat(path.split('/').length - 2);
    const location = uriReference(upwards + canonical.slice(1) + rest);
    if (location.length > MOST_CHARACTERS) return next();
    response.writeHead(308, { location, 'content-length': 0 }).end();
  };
}
