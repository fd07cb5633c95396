import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Problem, unavailable } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import type { Outcome, PlannedChange } from './outcome.ts';
import type { Terms } from './members.ts';
import { withinWriteLimit, writeLimit } from './write-limit.ts';

/** The limits of planning again, while others change the document between its read and its write. */
const MOST_ATTEMPTS = 200;
const PATIENCE_MS = 1500;
const MOST_PAUSE_MS = 100;

/**
 * Plans a change and makes it, again and again until nobody changes the member between the two.
 * @throws {Problem} 503 if others kept changing the member, or a write waited for a lock too long; 500 if nobody changed
 *   it, and the database still did not find it as it was read
 */
export async function persist(
  resource: Pick<Resource, 'maxTimeMS'>,
  { write, hasChangedNothing }: Pick<Terms, 'write' | 'hasChangedNothing'>,
  plan: () => Promise<PlannedChange | Outcome>,
): Promise<Outcome> {
  const start = performance.now();
  let last: PlannedChange | undefined;
  let isUnchanged = false;
  let tookMs = 0;
  // No attempt begins that, on a busy machine, might outlast the request: its timeout would say less than the problem below.
  const isInTime = () => performance.now() - start + tookMs < PATIENCE_MS;
  for (let attempt = 0; attempt < MOST_ATTEMPTS && isInTime(); attempt += 1) {
    const begunAt = performance.now();
    const change = await plan();
    if (!('write' in change)) return change;
    if (await withinWriteLimit(write(() => change.write(writeLimit(resource))))) return change;
    hasChangedNothing(keptChanging());
    // A restore has no state before it.
    isUnchanged = last?.before != null && isDeepStrictEqual(change.before, last.before);
    last = change;
    tookMs = performance.now() - begunAt;
    await sleep(Math.random() * Math.min(MOST_PAUSE_MS, 4 * 2 ** attempt)); // so that one of many comes through
  }
  if (isUnchanged) throw new Problem(500, NOT_EQUAL_TO_ITSELF);
  throw keptChanging();
}

const keptChanging = () =>
  unavailable('Other requests kept changing this resource, so this one changed nothing. Try again.');

const NOT_EQUAL_TO_ITSELF =
  'This resource holds a value that the database does not find equal to itself, so it cannot be changed safely. Nothing ' +
  'was changed. Ask the operators of this API to replace that value in the database.';
