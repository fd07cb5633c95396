import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Problem, unavailable } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { commit, type Change, type Companion, type Outcome } from './commit.ts';
import { held } from './held.ts';

/** Others may change the document between its read and its write so many times, and for so long. */
const MOST_ATTEMPTS = 200;
const PATIENCE_MS = 1500;
const MOST_PAUSE_MS = 100;

/**
 * Plans a change and makes it, until nobody comes between the two.
 * @throws {Problem} 503 if others changed the member, or held it, all the time; 500 if it never was what it was read as
 */
export async function persist(
  resource: Resource,
  companions: readonly Companion[],
  plan: () => Promise<Change | Outcome>,
): Promise<Outcome> {
  const start = performance.now();
  let first: Change | undefined;
  let isStill = true;
  let tookMs = 0;
  const outcomes = new Set<boolean | undefined>();
  // None is begun that a busy machine might not end before the request is given up, which tells less.
  const isInTime = () => performance.now() - start + tookMs < PATIENCE_MS;
  for (let attempt = 0; attempt < MOST_ATTEMPTS && isInTime(); attempt += 1) {
    const begunAt = performance.now();
    const change = await plan();
    if (!('write' in change)) {
      for (const companion of companions) await companion.leave?.(change);
      return change;
    }
    const isMade = await commit(resource, change, companions);
    if (isMade) return change;
    first ??= change;
    isStill &&= isDeepStrictEqual(change.before, first.before);
    outcomes.add(isMade);
    tookMs = performance.now() - begunAt;
    await sleep(Math.random() * Math.min(MOST_PAUSE_MS, 4 * 2 ** attempt)); // so that one of many comes through
  }
  if (isStill && !outcomes.has(false)) throw held(PATIENCE_MS / 1000);
  if (isStill && !outcomes.has(undefined)) throw new Problem(500, NEVER_ITSELF);
  throw unavailable('Others change this resource all the time; nothing was changed. Try again.');
}

const NEVER_ITSELF =
  'The database does not find this resource in the state that it was read in, though nobody changes it: it holds values ' +
  'that do not equal themselves there. Nothing was changed. Those who run this can replace them by the driver.';
