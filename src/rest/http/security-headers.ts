import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

const YEAR_S = 31_536_000;

/**
 * The headers that tell browsers to do nothing with an answer but what it is for. helmet makes them once, because as a
 * middleware it would take longer for each request than all other work on headers. Its headers for very old browsers, and
 * those that say the same as the policy, are left out: nginx by default has room for 4 KiB of headers.
 * @param isEncrypted whether clients use TLS, which their browsers are then told to insist on
 */
export function securityHeaders(isEncrypted: boolean): Record<string, string> {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  // No answer of the API is a page, and none may be shown in one. /docs has a policy of its own.
  const directives = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };
  const options = {
    contentSecurityPolicy: { useDefaults: false, directives },
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    strictTransportSecurity: isEncrypted && { maxAge: YEAR_S, includeSubDomains: false },
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: false,
    xPermittedCrossDomainPolicies: false,
    xPoweredBy: false,
    xXssProtection: false,
  };
  helmet(options)(response.req, response, (error) => {
    if (error !== undefined) throw error;
  });
  return Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]));
}
