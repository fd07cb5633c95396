import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import { valueAt } from '../document.ts';
import { unavailable, type Caller } from '../rest/index.ts';
import { credentialRefused } from './problems.ts';
import { grants, ROLES } from './roles.ts';
import { sharedReads } from './shared-reads.ts';
import type { TokenTerms } from './token-settings.ts';
import { MAX_AGE_MS } from './verify-key.ts';

/** Tokens whose verification is kept at the same time. One may be as long as the headers of a request: 16 KiB. */
const MOST_TOKENS = 1000;

/** How long a request waits for the issuer's keys. */
const ISSUER_MS = 2000;

/** The longest subject (OpenID Connect Core 1.0, section 2). */
const MOST_OF_SUBJECT = 255;

/** The codes of errors that are the issuer's fault: it does not answer, or not with keys. */
const ISSUERS_FAULT = new Set([errors.JOSEError, errors.JWKSTimeout, errors.JWKSInvalid].map(({ code }) => code));

/**
 * Makes the function that verifies a JWT (RFC 7519) of the issuer of the settings. The issuer's keys are read when they are
 * needed, kept for ten minutes, and read again for a key that is not among them. A verification is kept for 900 ms.
 * The function throws {Problem} 401 if the token cannot be used, and 503 if the issuer's keys cannot be read.
 */
export function tokenVerifier(terms: TokenTerms): (token: string) => Promise<Caller> {
  const { issuer, audience, algorithms, clockSkewSeconds, roleClaim } = terms;
  const url = terms.jwksUrl ?? `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`;
  const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: ISSUER_MS });
  const demands = {
    issuer,
    audience,
    algorithms,
    clockTolerance: clockSkewSeconds,
    requiredClaims: ['exp', 'sub'],
  };
  const verify = async (token: string): Promise<Caller> => {
    const { payload } = await jwtVerify(token, keys, demands).catch((error: unknown) => {
      throw problemOf(error, url);
    });
    return callerOf(payload, roleClaim);
  };
  return sharedReads(verify, MAX_AGE_MS, MOST_TOKENS);
}

/** The caller that a token is about. The strongest of the roles that its claim names counts. */
function callerOf(payload: JWTPayload, roleClaim: string): Caller {
  const { sub = '' } = payload;
  if (sub === '' || sub.length > MOST_OF_SUBJECT)
    throw credentialRefused(`has a token whose subject does not have 1 to ${MOST_OF_SUBJECT} characters`);
  // A claim may have dots in its name (https://example.com/role), or lie in another one (realm_access.roles).
  const named = new Set([payload[roleClaim] ?? valueAt(payload, roleClaim)].flat());
  const role = ROLES.toReversed().find((one) => named.has(one)) ?? null;
  return { id: sub, name: null, role, may: (scope) => role !== null && grants({ role }, scope) };
}

/** The problem of a token that could not be verified. What is no refusal by jose is the fault of the issuer or its connection. */
function problemOf(error: unknown, url: string) {
  if (error instanceof errors.JWTExpired) return credentialRefused('has a token that has expired');
  if (error instanceof errors.JOSEError && !ISSUERS_FAULT.has(error.code))
    return credentialRefused('has a token that is not valid');
  const problem = unavailable('The issuer of tokens does not answer with its keys now. Try again, or use a key.');
  problem.cause = new Error(`there are no keys at ${url}`, { cause: error });
  return problem;
}
