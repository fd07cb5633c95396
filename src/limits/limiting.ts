import type { Connection } from 'mongoose';
import { isLoopback } from '../loopback.ts';
import {
  LANES,
  Problem,
  isHealthCheck,
  measures,
  quotaExceeded,
  tooManyFailures,
  type Authorize,
  type Lane,
  type Limit,
} from '../rest/index.ts';
import type { Settings } from '../settings.ts';
import { quotaCounts, type Policy } from './quota-counts.ts';
import { sharedQuota, type Share } from './shared-quota.ts';
import { subjectOf } from './subject.ts';

/** The settings of the limits. */
export type LimitSettings = Pick<Settings, 'limits' | 'trustProxy'>;

const WINDOW_MS = 60_000;

/** Limits that all copies of the API share. */
interface Limiting {
  /** Counts a request for its caller; where nobody says who they are, for its address. */
  limit: Limit;
  /** Counts the requests that an authorizer answers with 401 for their address. After too many they are 429. */
  guarded: (authorize: Authorize) => Authorize;
}

/**
 * Makes the limits of an application. Requests from this machine without a caller are not counted: there the API is open for
 * those who try it, and the operator's own tools.
 */
export function limiting(connection: Connection, { limits }: LimitSettings): Limiting {
  if (!limits.enabled) return { limit: () => undefined, guarded: (authorize) => authorize };
  const quotaOf = (name: 'failures' | Lane) => {
    const policy: Policy = { name, quota: Math.ceil(limits[name]), windowMs: WINDOW_MS };
    const { take, ready } = quotaCounts(connection, policy);
    return { policy, take: sharedQuota(take, policy, ready) };
  };
  const lanes = new Map(LANES.map((lane) => [lane, quotaOf(lane)]));
  const failures = quotaOf('failures');
  return {
    limit(request, lane, caller) {
      const { ip = '' } = request;
      const quota = lanes.get(lane);
      if (!quota || isHealthCheck(request) || (!caller && isLoopback(ip))) return undefined;
      const headersOf = (share: Share) => {
        const headers = rateHeaders(quota.policy, share);
        if (share.isGranted) return headers;
        countRefusal(lane);
        throw quotaExceeded(usedUp(quota.policy, share), headers);
      };
      const share = quota.take(caller ? `key ${caller.id}` : subjectOf(ip));
      return share instanceof Promise ? share.then(headersOf) : headersOf(share);
    },
    guarded: (authorize) => (request, scope) =>
      authorize(request, scope)?.catch(async (error: unknown) => {
        if (!(error instanceof Problem) || error.status !== 401) throw error;
        const share = await failures.take(subjectOf(request.ip ?? ''));
        if (share.isGranted) throw error;
        countRefusal('failures');
        throw tooManyFailures(usedUp(failures.policy, share), rateHeaders(failures.policy, share));
      }),
  };
}

const usedUp = ({ name, quota, windowMs }: Policy, share: Share) => ({
  name,
  quota,
  windowS: windowMs / 1000,
  resetS: seconds(share),
});

const countRefusal = (name: string) => measures.limited.set(name, (measures.limited.get(name) ?? 0) + 1);

const seconds = ({ resetMs }: Share) => Math.max(1, Math.ceil(resetMs / 1000));

/** The fields of draft-ietf-httpapi-ratelimit-headers-10. */
const rateHeaders = ({ name, quota, windowMs }: Policy, share: Share): Record<string, string> => ({
  'ratelimit-policy': `"${name}";q=${quota};w=${windowMs / 1000}`,
  ratelimit: `"${name}";r=${share.left};t=${seconds(share)}`,
});
