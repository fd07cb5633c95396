import type { RequestHandler } from 'express';
import { uriReference } from './problems.ts';

/** Proxies refuse headers that are much longer. */
const MOST_CHARACTERS = 3500;

/**
 * Redirects a path with a slash too many, at its end or anywhere else, to the path that is served. The status is 308, which
 * keeps the method and the query. The address is relative, so that it is right behind a proxy that adds a prefix too, and
 * never leads to another server.
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
    // Some clients treat a backslash as a slash (WHATWG URL), others do not (RFC 3986), so they would resolve the address differently.
    if (path.includes('\\')) return next();
    if (canonical === path || !served.some((pattern) => pattern.test(canonical))) return next();
    const upwards = '../'.repeat(path.split('/').length - 2);
    const location = uriReference(upwards + canonical.slice(1) + rest);
    if (location.length > MOST_CHARACTERS) return next();
    response.writeHead(308, { location, 'content-length': 0 }).end();
  };
}
