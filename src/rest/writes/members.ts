import { isDeepStrictEqual } from 'node:util';
import { MongoServerError, ObjectId, type Document, type UpdateFilter } from 'mongodb';
import { applyChanges } from '../../schema/apply-changes.ts';
import type { Changes } from '../../schema/codec.ts';
import { shownPart, withSearchChanges } from '../../schema/search.ts';
import { changedAt, stampsAt } from '../../schema/stamps.ts';
import type { Answer } from '../http/answers.ts';
import { etagOf, type Conditions, type Validators } from '../http/conditions.ts';
import type { NewMember } from '../http/operations.ts';
import { Problem } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import type { Companion } from './commit.ts';
import { inTheLimit, writeLimit } from './held.ts';
import { persist } from './persist.ts';
import { lastModifiedOf, timeOfNext } from './times.ts';
import { unchanged } from './present-state.ts';
import { visibleUpdate } from './visible-update.ts';

/** What a write depends on, and what is written with it. */
export interface Terms {
  conditions: Conditions;
  companions: readonly Companion[];
}

/**
 * Adds a member to the collection.
 * @param body the fields of its document, without those that the server sets
 * @param given where an earlier attempt may have added the member already, it has this id
 */
export async function createMember(
  resource: Resource,
  { companions }: Terms,
  body: Document,
  given?: NewMember,
): Promise<Answer> {
  const { collection, path, stamps } = resource;
  return persist(resource, companions, async () => {
    const { id, at } = given ?? { id: new ObjectId(), at: new Date() };
    const after = { _id: id, ...body, ...stampsAt(stamps, at) };
    const { headers, body: shown } = shownAs(resource, after);
    const isAddedAlready = (error: unknown) =>
      given !== undefined && error instanceof MongoServerError && error['keyPattern']?._id === 1;
    return {
      kind: 'create',
      id,
      at,
      before: null,
      after,
      answer: { status: 201, headers: { ...headers, location: `${path}/${id.toHexString()}` }, body: shown },
      async write(options) {
        await collection.insertOne(after, options).catch((error: unknown) => {
          if (!isAddedAlready(error)) throw error;
        });
        return true;
      },
    };
  });
}

/**
 * Changes a member in one atomic step.
 * Where the changes, the conditions or a companion depend on its present state, that state is read first, and the step
 * is done only on a document that has not changed since in any of its fields; else all begins again.
 * What would show as it does already is not written: its timestamp stays, and its history tells of no change.
 * @throws {Problem} 404 if there is none; 412 if it is in another state than the request is meant for; 503 if it never
 * stands still
 */
export async function changeMember(
  resource: Resource,
  terms: Terms,
  id: ObjectId,
  wanted: Changes | ((present: Document) => Changes),
): Promise<Answer> {
  const { collection, fields, show, stamps } = resource;
  const { conditions, companions } = terms;
  const changes = withSearchChanges(fields, wanted);
  if (typeof changes !== 'function' && !conditions.areGiven && companions.length === 0) {
    const update = visibleUpdate(fields, changes, changedAt(stamps, new Date()));
    const options = { returnDocument: 'after', ...shownPart(fields), ...writeLimit(resource) } as const;
    return shownAs(resource, found(await inTheLimit(collection.findOneAndUpdate({ _id: id }, update, options)), id));
  }
  return persist(resource, companions, async () => {
    const before = await readPresent(resource, conditions, id);
    const change = typeof changes === 'function' ? changes(before) : changes;
    if (isDeepStrictEqual(show(applyChanges(before, change)), show(before)))
      return { answer: shownAs(resource, before) };
    const at = await timeOfNext(resource, companions, before);
    const stamp = changedAt(stamps, at);
    const update = updateOf(change, stamp);
    const after = applyChanges(before, { ...change, $set: { ...change.$set, ...stamp } });
    return {
      kind: 'change',
      id,
      at,
      before,
      after,
      answer: shownAs(resource, after),
      write: async (options) => (await collection.updateOne(unchanged(before), update, options)).matchedCount > 0,
    };
  });
}

/** Removes a member, likewise. @throws {Problem} 404, 412 or 503 */
export async function removeMember(resource: Resource, terms: Terms, id: ObjectId) {
  const { collection } = resource;
  const { conditions, companions } = terms;
  const answer = { status: 204 };
  if (!conditions.areGiven && companions.length === 0) {
    found(await inTheLimit(collection.findOneAndDelete({ _id: id }, writeLimit(resource))), id);
    return answer;
  }
  return persist(resource, companions, async () => {
    const before = await readPresent(resource, conditions, id);
    return {
      kind: 'remove',
      id,
      at: await timeOfNext(resource, companions, before),
      before,
      after: null,
      answer,
      write: async (options) => (await collection.deleteOne(unchanged(before), options)).deletedCount > 0,
    };
  });
}

/** Reads a member that is to be changed. @throws {Problem} 404 if there is none; 412 if a condition does not hold */
async function readPresent(resource: Resource, conditions: Conditions, id: ObjectId): Promise<Document> {
  const { collection, maxTimeMS } = resource;
  const present = found(await collection.findOne({ _id: id }, { maxTimeMS }), id);
  conditions.require(validatorsOf(resource, resource.show(present)));
  return present;
}

/** The answer that shows a document. */
export function shownAs({ show, stamps }: Pick<Resource, 'show' | 'stamps'>, document: Document): Answer {
  const body = show(document);
  return { status: 200, body, ...withLastModified(lastModifiedOf(stamps, body)) };
}

/** The same of a document's BSON. */
export function writtenAs({ stamps, write }: Pick<Resource, 'stamps' | 'write'>, bson: Buffer): Answer {
  const json = write(bson);
  const { updated } = stamps;
  if (updated === undefined) return { status: 200, json };
  const told = { [updated]: new Date(JSON.parse(json)[updated]) };
  return { status: 200, json, ...withLastModified(lastModifiedOf(stamps, told)) };
}

const withLastModified = (date: string | undefined) =>
  date === undefined ? {} : { headers: { 'last-modified': date } };

/** @throws {Problem} 404 if there is none */
export function found<Stored>(document: Stored | null, id: ObjectId): Stored {
  if (document === null) throw new Problem(404, `There is no resource with the id ${id.toHexString()}.`);
  return document;
}

export const isThere = async ({ collection, maxTimeMS }: Resource, id: ObjectId): Promise<boolean> =>
  (await collection.findOne({ _id: id }, { maxTimeMS, projection: { _id: 1 } })) !== null;

/** What tells a member's state, from its representation. */
const validatorsOf = ({ stamps }: Pick<Resource, 'stamps'>, shown: Document): Validators => ({
  etag: etagOf(JSON.stringify(shown)),
  lastModified: lastModifiedOf(stamps, shown),
});

const updateOf = ({ $set, $unset }: Changes, stamp: Document): UpdateFilter<Document> => ({
  $set: { ...$set, ...stamp },
  ...(Object.keys($unset).length > 0 && { $unset }),
});
