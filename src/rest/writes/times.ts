import type { Document } from 'mongodb';
import type { Resource } from '../resource-description.ts';
import type { Companion } from './commit.ts';

/** So far another clock may be ahead of this one. */
const SKEW_MS = 1000;

/**
 * The time of a member's next change: the present, or just behind the last change if that is as late by its history.
 * The member's timestamp tells as much where it is past, for every change sets it. One that an import brought from the
 * future does not.
 */
export async function timeOfNext(
  { stamps }: Pick<Resource, 'stamps'>,
  companions: readonly Companion[],
  before: Document,
): Promise<Date> {
  const stamp: unknown = stamps.updated === undefined ? undefined : before[stamps.updated];
  const told = stamp instanceof Date ? stamp.getTime() : undefined;
  const now = Date.now();
  if (told !== undefined && told < now) return new Date(now);
  const tellers = companions.flatMap(({ lastChange }) => lastChange ?? []);
  const known = await Promise.all(tellers.map((lastChange) => lastChange(before['_id'])));
  const last =
    known.find((time) => time !== undefined) ?? (told !== undefined && told <= now + SKEW_MS ? stamp : undefined);
  const next = later(last);
  // So that the state afterwards is another one.
  return next.getTime() === told ? later(next) : next;
}

/** The present, but behind a time that is known. */
export const later = (before: unknown) =>
  new Date(Math.max(Date.now(), before instanceof Date ? before.getTime() + 1 : 0));
