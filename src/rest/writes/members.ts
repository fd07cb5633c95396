import { MongoServerError, ObjectId, type Document } from 'mongodb';
import { stampsAt } from '../../schema/index.ts';
import { noSuchResource } from '../http/described-problems.ts';
import type { Resource } from '../resource-description.ts';
import type { Companion, Outcome } from './commit.ts';
import { withinWriteLimit, writeLimit } from './write-limit.ts';
import { persist } from './persist.ts';
import { carriedBy, OUTBOX, type Outbox } from './outbox.ts';
import { timeOfNext } from './times.ts';
import { inPresentState } from './present-state.ts';

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
export async function readPresent({ collection, maxTimeMS }: Resource, { requireState }: Terms, id: ObjectId) {
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

/** What knows when a member was last changed. */
export const lookupsOf = ({ companions, outbox }: Terms) =>
  [...companions, outbox].flatMap((one) => one?.lastChange ?? []);
