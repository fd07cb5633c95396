import { MongoServerError, ObjectId, type Document } from 'mongodb';
import { stampsAt } from '../../schema/index.ts';
import type { Deadline } from '../http/deadline.ts';
import { noSuchResource } from '../http/described-problems.ts';
import type { Trace } from '../http/trace.ts';
import { chargedTo } from '../charged.ts';
import type { Resource } from '../resource-description.ts';
import type { Outcome } from './outcome.ts';
import { insertAlone, insertTogether } from './insert-together.ts';
import { withinWriteLimit, writeLimit } from './write-limit.ts';
import { persist } from './persist.ts';
import { OUTBOX, type Outbox } from './outbox.ts';
import { timeOfNext } from './times.ts';
import { asItWasRead } from './present-state.ts';

/** The id and the creation time of a member to be created. */
interface NewMember {
  id: ObjectId;
  at: Date;
}

/** What a write depends on, and where it leaves what is kept of it. */
export interface Terms {
  /** Throws if the member is not in the state that the request is meant for. */
  requireState?: ((present: Document) => void) | undefined;
  /** Given if the history is on, or the request has an `Idempotency-Key`. */
  outbox?: Outbox | undefined;
  /** Given if an earlier attempt may have created the member already. */
  newMember?: NewMember | undefined;
  /** Makes a write. Throws if the request may change nothing any more. */
  write: Deadline['write'];
  /** Says that the write has changed nothing, and what is in the way. */
  hasChangedNothing: Deadline['hasChangedNothing'];
}

/**
 * Compiles a function that adds a member to the collection. Its `body` has the fields of the document, without those that
 * the server sets.
 * @throws {Problem} 503 if the write waited for a lock too long; the driver's error if the database refuses the document
 */
export function compileCreate(resource: Resource): (terms: Terms, body: Document, trace?: Trace) => Promise<Outcome> {
  const { stamps } = resource;
  const insert = insertTogether(resource);
  return async ({ newMember, outbox, write }, body, trace) => {
    const { id, at } = newMember ?? { id: new ObjectId(), at: new Date() };
    const after = { _id: id, ...body, ...stampsAt(stamps, at) };
    // Without the history, the member itself shows that it was created.
    const entry = outbox?.hasHistory ? { ...outbox.entryFor('create', at), before: null } : undefined;
    const stored = entry ? { ...after, [OUTBOX]: [entry] } : after;
    const outcome: Outcome = { kind: 'create', id, after };
    try {
      await write(() => (newMember ? insertAlone(chargedTo(resource, { trace }), stored) : insert(stored, trace)));
    } catch (error) {
      const isAddedAlready = newMember && error instanceof MongoServerError && error['keyPattern']?._id === 1;
      if (!isAddedAlready) throw error;
      return outcome;
    }
    if (entry) outbox?.relay(stored);
    return outcome;
  };
}

/** Removes a member. @throws {Problem} 404, 412, 500 or 503, as `changeMember` does */
export async function removeMember(resource: Resource, terms: Terms, id: ObjectId): Promise<Outcome> {
  const { collection } = resource;
  const { requireState, outbox } = terms;
  const kind = 'remove';
  if (!requireState && !outbox) {
    const remove = () => collection.findOneAndDelete({ _id: id }, writeLimit(resource));
    found(await withinWriteLimit(terms.write(remove)), id);
    return { kind, id, after: null };
  }
  return persist(resource, terms, async () => {
    const before = await readPresent(resource, terms, id);
    const change = {
      kind,
      id,
      at: await timeOfNext(resource, outbox?.lastChange, before),
      before,
      after: null,
    } as const;
    return {
      ...change,
      async write(options) {
        const unchanged = asItWasRead(resource, before);
        if (outbox) return outbox.removed(change, unchanged, options);
        return (await collection.deleteOne(unchanged, options)).deletedCount > 0;
      },
    };
  });
}

/** Reads a member that is to be changed. @throws {Problem} 404 if there is none; 412 if a precondition fails */
export async function readPresent({ collection, maxTimeMS }: Resource, terms: Terms, id: ObjectId) {
  const present = found(await collection.findOne({ _id: id }, { maxTimeMS }), id);
  terms.requireState?.(present);
  return present;
}

/** The document that was found. @throws {Problem} 404 if it is null */
export function found<Stored>(document: Stored | null, id: ObjectId): Stored {
  if (document === null) throw noSuchResource(id.toHexString());
  return document;
}
