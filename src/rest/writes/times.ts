import type { Document, ObjectId } from 'mongodb';
import type { Resource } from '../resource-description.ts';
import { carriedBy } from './outbox.ts';

/** Finds out when a member was last changed, if that is known. */
export type LastChange = (id: ObjectId) => Promise<Date | undefined>;

/** How far the clock of another process may be ahead of this one. */
const SKEW_MS = 1000;

/**
 * The time of a member's next change: now, or just after its last change if that is not earlier than now.
 * Every change sets the member's timestamp, so a timestamp in the past is enough to know that. If there is none, or it lies
 * in the future, which an import may bring, what the document carries and the history are asked.
 */
export async function timeOfNext(
  { stamps }: Pick<Resource, 'stamps'>,
  lastChange: LastChange | undefined,
  before: Document,
): Promise<Date> {
  const stamp: unknown = stamps.updated === undefined ? undefined : before[stamps.updated];
  const stampMs = stamp instanceof Date ? stamp.getTime() : undefined;
  const now = Date.now();
  if (stampMs !== undefined && stampMs < now) return new Date(now);
  const last =
    carriedBy(before).at(-1)?.at ??
    (await lastChange?.(before['_id'])) ??
    (stampMs !== undefined && stampMs <= now + SKEW_MS ? stamp : undefined);
  const next = nowOrAfter(last);
  // The state after the change must differ from the state before.
  return next.getTime() === stampMs ? nowOrAfter(next) : next;
}

/** Now, or a millisecond after `time` if that is a later Date. */
export const nowOrAfter = (time: unknown) =>
  new Date(Math.max(Date.now(), time instanceof Date ? time.getTime() + 1 : 0));
