import { setTimeout as sleep } from 'node:timers/promises';
import type { BulkWriteOptions, Document, ObjectId } from 'mongodb';
import { DUPLICATE_KEY, hasCode, INVALID_DOCUMENT, writeErrorsOf } from '../../error-code.ts';
import { measures } from '../http/measures.ts';
import type { Resource } from '../resource-description.ts';
import { carriedBy, isEntry, OUTBOX } from '../writes/outbox.ts';
import { DAY_MS, entriesOf, entryAbout, type Entry } from './entries.ts';

/** Long enough for the changes of a busy API to be moved together. */
const COLLECTING_MS = 50;
const MOST_AT_ONCE = 500;
/** What waits beyond that is forgotten here, and stays in the documents: whoever reads the history moves it. */
const MOST_WAITING = 5000;
/** Tells the commands of this room from those of requests, in the database's log and profile. */
const COMMENT = 'relay of the history';

/** Takes a document that carries entries, which are to be moved. */
type Relay = (stored: Document) => void;

const relays = new WeakMap<Resource['definition'], Relay>();

/** One relay for each resource and process; any number of them may move the same entries. */
export function relayOf(resource: Resource): Relay {
  const known = relays.get(resource.definition);
  if (known) return known;
  const relay = relayFor(resource);
  relays.set(resource.definition, relay);
  return relay;
}

function relayFor(resource: Resource): Relay {
  const waiting: Document[] = [];
  let isMoving = false;
  /** When the oldest began to wait: of those that are being moved, and of the others. */
  const since: { moving?: number | undefined; waiting?: number | undefined } = {};
  measures.waitingSince.set(resource.definition, () => since.moving ?? since.waiting);
  const move = async () => {
    isMoving = true;
    while (waiting.length > 0) {
      await sleep(COLLECTING_MS);
      since.moving = since.waiting;
      const entries = waiting.splice(0, MOST_AT_ONCE).flatMap((stored) => entriesIn(resource, stored));
      // The documents still carry what could not be moved.
      since.waiting = waiting.length > 0 ? performance.now() : undefined;
      await moveEntries(resource, entries).catch(() => {});
      since.moving = undefined;
    }
    isMoving = false;
  };
  return (stored) => {
    since.waiting ??= performance.now();
    if (waiting.length < MOST_WAITING) waiting.push(stored);
    if (!isMoving) inBackground(move());
  };
}

/** What the relays of this process are doing. */
const moving = new Set<Promise<unknown>>();

/** Lets work go on behind the answer. If it fails, it is left to whoever reads the history. */
export function inBackground(work: Promise<unknown>): void {
  const ended = work.catch(() => {}).finally(() => moving.delete(ended));
  moving.add(ended);
}

/** Waits until the relays of this process have nothing left to move, or could not move it. */
export async function relaysEnded(): Promise<void> {
  while (moving.size > 0) await Promise.all(moving);
}

/**
 * Moves to the history what a member carries, and reads the member.
 * @returns the member as it was before the move; null if there is none
 */
export async function readMember(resource: Resource, id: ObjectId): Promise<Document | null> {
  const { collection, maxTimeMS } = resource;
  const member = await collection.findOne({ _id: id }, { maxTimeMS });
  const entries = entriesIn(resource, member);
  if (entries.length === 0) return member;
  await insert(resource, entries);
  // A reader does not wait for a transaction that has written the member.
  inBackground(remove(resource, entries));
  return member;
}

/** Moves to the history what members still carry because a process ended before it could do so. @param signal ends this */
export async function moveLeftEntries(resource: Resource, signal: AbortSignal): Promise<void> {
  const carrying = resource.collection.find({ [OUTBOX]: { $exists: true } }, { signal });
  for await (const member of carrying) {
    const entries = entriesIn(resource, member);
    const forgotten = carriedBy(member).filter((one) => !isEntry(one) && Number(one.at) < Date.now() - DAY_MS);
    await insert(resource, entries);
    await remove(resource, [...entries, ...forgotten.map(({ _id }) => ({ _id, of: member._id }))]);
  }
}

/** The entries that a document carries, as the history keeps them. */
export function entriesIn(resource: Resource, document: Document | null): Entry[] {
  const carried = carriedBy(document).filter(isEntry);
  return carried.map((entry, place) =>
    entryAbout(resource, document?.['_id'], entry, carried[place + 1]?.before ?? document),
  );
}

export const options = ({ maxTimeMS }: Resource) => ({ comment: COMMENT, maxTimeMS });

export async function moveEntries(resource: Resource, entries: readonly Entry[]): Promise<void> {
  await insert(resource, entries);
  await remove(resource, entries);
}

/** Another change of the member has the same time. No two may, so the one that comes later is a millisecond later. */
export async function insert(resource: Resource, entries: readonly Entry[]): Promise<void> {
  const tied = await insertUntied(resource, entries);
  if (tied.length === 0) return;
  await insert(
    resource,
    tied.map((entry) => ({ ...entry, at: new Date(entry.at.getTime() + 1) })),
  );
}

/**
 * An entry that is there already has been moved before.
 * @returns the entries that were not inserted because another one of their member has the same time
 */
export async function insertUntied(
  resource: Resource,
  entries: readonly Entry[],
  others: BulkWriteOptions = options(resource),
): Promise<Entry[]> {
  if (entries.length === 0) return [];
  try {
    await entriesOf(resource).insertMany([...entries], { ordered: false, ...others });
    return [];
  } catch (error) {
    const failed = writeErrorsOf(error);
    if (failed.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
    const tied = failed.filter(({ errmsg = '' }) => !errmsg.includes(' index: _id_ '));
    return tied.flatMap(({ index }) => entries[index] ?? []);
  }
}

/** Takes entries or marks out of the documents that carry them. */
async function remove(resource: Resource, entries: readonly Pick<Entry, '_id' | 'of'>[]): Promise<void> {
  const { collection, stamps } = resource;
  const ids = entries.map(({ _id }) => _id);
  const carrying = { _id: { $in: entries.map(({ of }) => of) }, [`${OUTBOX}._id`]: { $in: ids } };
  try {
    if (stamps.updated !== undefined) {
      const unset = { $unset: { [OUTBOX]: true } };
      const carriesOne = { ...carrying, [`${OUTBOX}.1`]: { $exists: false } };
      const { matchedCount } = await collection.updateMany(carriesOne, unset, options(resource));
      if (matchedCount === new Set(entries.map(({ of }) => of.toHexString())).size) return;
    }
    const left = stamps.updated === undefined ? timeAndEntriesWithout(ids) : without(ids);
    const update = { $set: { [OUTBOX]: { $cond: [{ $eq: [left, []] }, '$$REMOVE', left] } } };
    await collection.updateMany(carrying, [update], options(resource));
  } catch (error) {
    // The history has the entries: that a document of another shape goes on carrying them does no harm.
    if (!hasCode(error, INVALID_DOCUMENT)) throw error;
  }
}

/** Takes out the mark of a change whose answer is kept. */
export const forgetMark = (resource: Resource, of: ObjectId, _id: ObjectId): void =>
  inBackground(remove(resource, [{ _id, of }]));

const isOneOf = (ids: readonly ObjectId[]) => ({ $in: ['$$this._id', ids] });
const without = (ids: readonly ObjectId[]): Document => ({
  $filter: { input: `$${OUTBOX}`, cond: { $not: [isOneOf(ids)] } },
});

/**
 * In a model without timestamps the last change leaves its mark in the document: so the time of the next change is known,
 * and no change brings back the same document, which a write would take for the one that it has read.
 */
const timeAndEntriesWithout = (ids: readonly ObjectId[]): Document => {
  const mark = { _id: '$$this._id', at: '$$this.at' };
  const isLast = { $eq: ['$$this', { $last: `$${OUTBOX}` }] };
  const isEarlierMark = { $eq: ['$$this', mark] };
  const isLeft = { $or: [isLast, { $not: [{ $or: [isOneOf(ids), isEarlierMark] }] }] };
  const left = { $filter: { input: `$${OUTBOX}`, cond: isLeft } };
  return { $map: { input: left, in: { $cond: [isOneOf(ids), mark, '$$this'] } } };
};
