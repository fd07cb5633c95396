import { setTimeout as sleep } from 'node:timers/promises';
import { MongoBulkWriteError, ObjectId, type Document } from 'mongodb';
import { DUPLICATE_KEY, hasCode, INVALID_DOCUMENT } from '../../error-code.ts';
import type { Origin } from '../http/operations.ts';
import type { Resource } from '../resource-description.ts';
import { carriedBy, OUTBOX, type CarriedEntry, type Outbox } from '../writes/outbox.ts';
import { entriesOf, expiryOf, historian, lastChange, patchOf, type Entry } from './entries.ts';

/** Long enough for the changes of a busy API to be moved together. */
const COLLECTING_MS = 50;
const MOST_AT_ONCE = 500;
/** What waits beyond that is forgotten here, and stays in the documents: whoever reads the history moves it. */
const MOST_WAITING = 5000;
/** Tells the commands of this room from those of requests, in the database's log and profile. */
const COMMENT = 'relay of the history';

/** The outbox of a request's writes. */
export function outboxOf(resource: Resource, origin: Origin): Outbox {
  const { caller, requestId } = origin;
  return {
    companion: historian(resource, origin),
    entryFor: (kind, at) => ({ _id: new ObjectId(), at, kind, caller, requestId, expiresAt: expiryOf(resource) }),
    relay: (id, entry, after) => relayOf(resource)({ id, entry, after }),
    keep: async (document) => insert(resource, entriesIn(resource, document)),
    lastChange: (id) => lastChange(resource, id),
  };
}

/** An entry that is to be moved, and the state of its member after it. */
interface Waiting {
  id: ObjectId;
  entry: CarriedEntry;
  after: Document;
}

const relays = new WeakMap<Resource, (one: Waiting) => void>();

/** One relay for each resource and process; any number of them may move the same entries. */
function relayOf(resource: Resource): (one: Waiting) => void {
  const known = relays.get(resource);
  if (known) return known;
  const relay = relayFor(resource);
  relays.set(resource, relay);
  return relay;
}

function relayFor(resource: Resource): (one: Waiting) => void {
  const waiting: Waiting[] = [];
  let isMoving = false;
  const move = async () => {
    isMoving = true;
    while (waiting.length > 0) {
      await sleep(COLLECTING_MS);
      // The documents still carry what could not be moved.
      await moveWaiting(resource, waiting.splice(0, MOST_AT_ONCE)).catch(() => {});
    }
    isMoving = false;
  };
  return (one) => {
    if (waiting.length < MOST_WAITING) waiting.push(one);
    if (!isMoving) track(move());
  };
}

/** What the relays of this process are doing. */
const moving = new Set<Promise<void>>();

function track(move: Promise<void>): void {
  moving.add(move);
  void move.finally(() => moving.delete(move));
}

/** Waits until the relays of this process have nothing left to move, or could not move it. */
export async function relaysEnded(): Promise<void> {
  while (moving.size > 0) await Promise.all(moving);
}

const moveWaiting = async (resource: Resource, waiting: readonly Waiting[]) =>
  moveEntries(
    resource,
    waiting.map(({ id, entry, after }) => entryAbout(resource, id, entry, after)),
  );

/**
 * Moves to the history what a member carries, and reads the member.
 * @returns the member as it was before the move; null if there is none
 */
export async function readMember(resource: Resource, id: ObjectId): Promise<Document | null> {
  const { collection, maxTimeMS } = resource;
  const member = await collection.findOne({ _id: id }, { maxTimeMS });
  if (member === null || carriedBy(member).length === 0) return member;
  const entries = entriesIn(resource, member);
  await insert(resource, entries);
  // A reader does not wait for a transaction that has written the member.
  track(remove(resource, entries).catch(() => {}));
  return member;
}

/** Moves to the history what members still carry because a process ended before it could do so. @param signal ends this */
export async function moveLeftEntries(resource: Resource, signal: AbortSignal): Promise<void> {
  const carrying = resource.collection.find({ [OUTBOX]: { $exists: true } }, { signal });
  for await (const member of carrying) await moveEntries(resource, entriesIn(resource, member));
}

/** The entries that a document carries, as the history keeps them. */
function entriesIn(resource: Resource, document: Document): Entry[] {
  const carried = carriedBy(document);
  return carried.map((entry, place) =>
    entryAbout(resource, document['_id'], entry, carried[place + 1]?.before ?? document),
  );
}

const entryAbout = (resource: Resource, of: ObjectId, entry: CarriedEntry, after: Document): Entry => ({
  ...entry,
  of,
  patch: patchOf(resource, entry.before, after),
});

const options = ({ maxTimeMS }: Resource) => ({ comment: COMMENT, maxTimeMS });

async function moveEntries(resource: Resource, entries: readonly Entry[]): Promise<void> {
  await insert(resource, entries);
  await remove(resource, entries);
}

/** An entry that is there already has been moved before. */
async function insert(resource: Resource, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  try {
    await entriesOf(resource).insertMany([...entries], { ordered: false, ...options(resource) });
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) throw error;
    const failed = [error.writeErrors].flat();
    // Without one, the command as a whole has failed.
    if (failed.length === 0 || failed.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
    // Another change of the member has the same time. No two may, so this one is a millisecond later.
    const tied = failed.filter(({ errmsg = '' }) => !errmsg.includes(' index: _id_ '));
    const later = tied.flatMap(({ index }) => {
      const entry = entries[index];
      return entry ? [{ ...entry, at: new Date(entry.at.getTime() + 1) }] : [];
    });
    await insert(resource, later);
  }
}

/** Takes entries out of the documents that carry them. */
async function remove(resource: Resource, entries: readonly Entry[]): Promise<void> {
  const { collection } = resource;
  const members = new Set(entries.map(({ of }) => of.toHexString()));
  const ids = { $in: entries.map(({ _id }) => _id) };
  const carrying = { _id: { $in: entries.map(({ of }) => of) }, [`${OUTBOX}._id`]: ids };
  const unset = { $unset: { [OUTBOX]: true } };
  const pulled: Document = { [OUTBOX]: { _id: ids } };
  try {
    const carriesOne = { [`${OUTBOX}.1`]: { $exists: false } };
    const { matchedCount } = await collection.updateMany({ ...carrying, ...carriesOne }, unset, options(resource));
    if (matchedCount === members.size) return;
    await collection.updateMany(carrying, { $pull: pulled }, options(resource));
    await collection.updateMany({ _id: carrying._id, [OUTBOX]: { $size: 0 } }, unset, options(resource));
  } catch (error) {
    // The history has the entries: that a document of another shape goes on carrying them does no harm.
    if (!hasCode(error, INVALID_DOCUMENT)) throw error;
  }
}
