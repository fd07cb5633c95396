import { isDeepStrictEqual } from 'node:util';
import { MongoServerError, ObjectId, type Document, type UpdateFilter } from 'mongodb';
import {
  applyChanges,
  changedAt,
  shownPart,
  stampsAt,
  type PlannedUpdate,
  type UpdateOperators,
  withSearchChanges,
} from '../../schema/index.ts';
import { noSuchResource } from '../http/described-problems.ts';
import type { Resource } from '../resource-description.ts';
import type { Companion, Outcome } from './commit.ts';
import { withinWriteLimit, writeLimit } from './write-limit.ts';
import { persist } from './persist.ts';
import { carriedBy, MOST_CARRIED, OUTBOX, withoutOutbox, type CarriedEntry, type Outbox } from './outbox.ts';
import { timeOfNext } from './times.ts';
import { inPresentState } from './present-state.ts';
import { visibleUpdate } from './visible-update.ts';

/** The id and the creation time of a member to be created. */
interface NewMember {
  id: ObjectId;
  at: Date;
}

/** What a write depends on, and what is written together with it. */
export interface Terms {
  /** Throws if the member is not in the state that the request is meant for. */
  requireState?: ((present: Document) => void) | undefined;
  companions: readonly Companion[];
  /** Given if members carry the entries of their history themselves. */
  outbox?: Outbox | undefined;
  /** Given if an earlier attempt may have created the member already. */
  newMember?: NewMember | undefined;
}

/**
 * Adds a member to the collection.
 * @param body the fields of its document, without those that the server sets
 * @throws {Problem} 503 if the write waited for a lock too long; the driver's error if the database refuses the document
 */
export async function createMember(
  resource: Resource,
  { companions, newMember, outbox }: Terms,
  body: Document,
): Promise<Outcome> {
  const { collection, stamps } = resource;
  return persist(resource, companions, async () => {
    const { id, at } = newMember ?? { id: new ObjectId(), at: new Date() };
    const after = { _id: id, ...body, ...stampsAt(stamps, at) };
    const entry = outbox && { ...outbox.entryFor('create', at), before: null };
    const isAddedAlready = (error: unknown) =>
      newMember !== undefined && error instanceof MongoServerError && error['keyPattern']?._id === 1;
    return {
      kind: 'create',
      id,
      at,
      before: null,
      after,
      async write(options) {
        await collection.insertOne(entry ? { ...after, [OUTBOX]: [entry] } : after, options).catch((error: unknown) => {
          if (!isAddedAlready(error)) throw error;
        });
        if (entry) outbox?.relay(id, entry, after);
        return true;
      },
    };
  });
}

/**
 * Changes a member in one atomic step.
 * If the changes, the preconditions or a companion depend on the present state, that state is read first. The write then
 * matches the document only if no field of it has changed since; if one has, all begins again.
 * If a client would see no difference, nothing is written: the timestamp stays, and the history gets no entry.
 * @throws {Problem} 404 if there is no such member; 412 if it is not in the state that the request is meant for; 503 if
 *   others kept changing or locking it; 500 if the database does not find it equal to itself; what `wanted` throws
 */
export async function changeMember(
  resource: Resource,
  terms: Terms,
  id: ObjectId,
  wanted: PlannedUpdate,
): Promise<Outcome> {
  const { collection, fields, show, stamps } = resource;
  const { requireState, companions, outbox } = terms;
  const changes = withSearchChanges(fields, wanted);
  if (typeof changes !== 'function' && !requireState && companions.length === 0) {
    const outcome = await changeUnread(resource, outbox, id, changes);
    if (outcome) return outcome;
  }
  return persist(resource, companions, async () => {
    const before = await readPresent(resource, terms, id);
    const change = typeof changes === 'function' ? changes(before) : changes;
    if (isDeepStrictEqual(show(applyChanges(before, change)), show(before))) return { kind: 'none', id, after: before };
    const at = await timeOfNext(resource, lookupsOf(terms), before);
    const stamp = changedAt(stamps, at);
    const after = applyChanges(before, { ...change, $set: { ...change.$set, ...stamp } });
    const entry = outbox && { ...outbox.entryFor('change', at), before: withoutOutbox(before) };
    const isFull = carriedBy(before).length >= MOST_CARRIED;
    const update = withEntry(updateOf(change, stamp), entry, isFull);
    return {
      kind: 'change',
      id,
      at,
      before,
      after,
      async write(options) {
        if (isFull) await outbox?.keep(before);
        const { matchedCount } = await collection.updateOne(inPresentState(before), update, options);
        if (matchedCount > 0 && entry) outbox?.relay(id, entry, after);
        return matchedCount > 0;
      },
    };
  });
}

/**
 * Changes a member whose present state does not matter.
 * @returns `undefined` if the member must be read first: it is not there, it carries an entry already, or its timestamp
 *   is not in the past, so that the time of the change depends on its history
 */
async function changeUnread(
  { collection, fields, stamps, maxTimeMS }: Resource,
  outbox: Outbox | undefined,
  id: ObjectId,
  changes: UpdateOperators,
): Promise<Outcome | undefined> {
  const at = new Date();
  const stamp = changedAt(stamps, at);
  const options = { returnDocument: 'after', ...shownPart(fields), ...writeLimit({ maxTimeMS }) } as const;
  const update = async (filter: Document, carried?: Document) =>
    withinWriteLimit(collection.findOneAndUpdate(filter, visibleUpdate(fields, changes, stamp, carried), options));
  if (!outbox) return { kind: 'change', id, after: found(await update({ _id: id }), id) };
  if (stamps.updated === undefined) return undefined;
  const entry = { $mergeObjects: [{ $literal: outbox.entryFor('change', at) }, { before: '$$ROOT' }] };
  const carriesNone = { [stamps.updated]: { $lt: at }, [OUTBOX]: { $exists: false } };
  const after = await update({ _id: id, ...carriesNone }, { [OUTBOX]: [entry] });
  const [written] = carriedBy(after);
  if (after === null || written === undefined) return after === null ? undefined : { kind: 'none', id, after };
  outbox.relay(id, written, after);
  return { kind: 'change', id, after };
}

/** Removes a member in the same way. @throws {Problem} 404, 412, 500 or 503, as `changeMember` does */
export async function removeMember(resource: Resource, terms: Terms, id: ObjectId): Promise<Outcome> {
  const { collection } = resource;
  const { requireState, companions, outbox } = terms;
  if (!requireState && companions.length === 0) {
    found(await withinWriteLimit(collection.findOneAndDelete({ _id: id }, writeLimit(resource))), id);
    return { kind: 'remove', id, after: null };
  }
  return persist(resource, companions, async () => {
    const before = await readPresent(resource, terms, id);
    return {
      kind: 'remove',
      id,
      at: await timeOfNext(resource, lookupsOf(terms), before),
      before,
      after: null,
      async write(options) {
        if (carriedBy(before).length > 0) await outbox?.keep(before);
        return (await collection.deleteOne(inPresentState(before), options)).deletedCount > 0;
      },
    };
  });
}

/** Reads a member that is to be changed. @throws {Problem} 404 if there is none; 412 if a precondition fails */
async function readPresent({ collection, maxTimeMS }: Resource, { requireState }: Terms, id: ObjectId) {
  const present = found(await collection.findOne({ _id: id }, { maxTimeMS }), id);
  requireState?.(present);
  return present;
}

/** The document that was found. @throws {Problem} 404 if it is null */
export function found<Stored>(document: Stored | null, id: ObjectId): Stored {
  if (document === null) throw noSuchResource(id.toHexString());
  return document;
}

export const memberExists = async ({ collection, maxTimeMS }: Resource, id: ObjectId): Promise<boolean> =>
  (await collection.findOne({ _id: id }, { maxTimeMS, projection: { _id: 1 } })) !== null;

const lookupsOf = ({ companions, outbox }: Terms) => [...companions, outbox].flatMap((one) => one?.lastChange ?? []);

/** With the entry that the document is to carry from then on; where it carries too many, in their place. */
function withEntry(
  update: UpdateFilter<Document>,
  entry: CarriedEntry | undefined,
  isFull: boolean,
): UpdateFilter<Document> {
  if (!entry) return update;
  if (isFull) return { ...update, $set: { ...update.$set, [OUTBOX]: [entry] } };
  const carried: Document = { [OUTBOX]: entry };
  return { ...update, $push: carried };
}

const updateOf = ({ $set, $unset }: UpdateOperators, stamp: Document): UpdateFilter<Document> => ({
  $set: { ...$set, ...stamp },
  ...(Object.keys($unset).length > 0 && { $unset }),
});
