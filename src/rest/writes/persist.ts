import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Problem, unavailable } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { commit, type MemberChange, type Companion, type Outcome } from './commit.ts';
import { heldUp } from './write-limit.ts';

/** The limits of planning again, while others change the document between its read and its write. */
const MOST_ATTEMPTS = 200;
const PATIENCE_MS = 1500;
const MOST_PAUSE_MS = 100;

/**
 * Plans a change and makes it, again and again until nobody changes the member between the two.
 * @throws {Problem} 503 if others kept changing or locking the member; 500 if nobody did, and the database still did not
 *   find it as it was read
 */
export async function persist(
  resource: Resource,
  companions: readonly Companion[],
  plan: () => Promise<MemberChange | Outcome>,
): Promise<Outcome> {
  const start = performance.now();
  let first: MemberChange | undefined;
  let isUnchanged = true;
  let tookMs = 0;
  const outcomes = new Set<boolean | undefined>();
  // No attempt begins that, on a busy machine, might outlast the request: its timeout would say less than the problem below.
  const isInTime = () => performance.now() - start + tookMs < PATIENCE_MS;
  for (let attempt = 0; attempt < MOST_ATTEMPTS && isInTime(); attempt += 1) {
    const begunAt = performance.now();
    const change = await plan();
    if (!('write' in change)) {
      for (const companion of companions) await companion.settleUnchanged?.(change);
      return change;
    }
    const isMade = await commit(resource, change, companions);
    if (isMade) return change;
    first ??= change;
    isUnchanged &&= isDeepStrictEqual(change.before, first.before);
    outcomes.add(isMade);
    tookMs = performance.now() - begunAt;
    await sleep(Math.random() * Math.min(MOST_PAUSE_MS, 4 * 2 ** attempt)); // so that one of many comes through
  }
  if (isUnchanged && !outcomes.has(false)) throw heldUp(PATIENCE_MS / 1000);
  if (isUnchanged && !outcomes.has(undefined)) throw new Problem(500, NOT_EQUAL_TO_ITSELF);
  throw unavailable('Other requests kept changing this resource, so this one changed nothing. Try again.');
}

const NOT_EQUAL_TO_ITSELF =
  'This resource holds a value that the database does not find equal to itself, so it cannot be changed safely. Nothing ' +
  'was changed. Ask the operators of this API to replace that value in the database.';
