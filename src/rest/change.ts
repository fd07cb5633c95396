import { setTimeout as sleep } from 'node:timers/promises';
import type { Document, Filter, ObjectId } from 'mongodb';
import type { Changes } from '../schema/codec.ts';
import { etagOf, type Conditions, type Validators } from './conditions.ts';
import { Problem, unavailable } from './problems.ts';
import type { Resource } from './resource-description.ts';

/** Others may change the document between its read and its write so many times. */
const MOST_ATTEMPTS = 200;

/**
 * Changes a member in one atomic step.
 * Where the changes or the conditions depend on its present state, that state is read first, and the step is done only
 * on a document that has not changed since in any of its fields; else all begins again.
 * @throws {Problem} 404 if there is none; 412 if it is in another state than the request is meant for; 503 if it never
 * stands still
 */
export async function changeMember(
  resource: Resource,
  id: ObjectId,
  conditions: Conditions,
  changes: Changes | ((present: Document) => Changes),
): Promise<Document> {
  const { collection } = resource;
  const write = (filter: Filter<Document>, { $set, $unset }: Changes, updatedAt: Date) =>
    collection.findOneAndUpdate(
      filter,
      { $set: { ...$set, updatedAt }, ...(Object.keys($unset).length > 0 && { $unset }) },
      { returnDocument: 'after' },
    );
  if (typeof changes !== 'function' && !conditions.areGiven)
    return found(await write({ _id: id }, changes, new Date()), id);
  return onPresent(resource, id, conditions, (present) =>
    write(unchanged(present), typeof changes === 'function' ? changes(present) : changes, later(present['updatedAt'])),
  );
}

/** Removes a member, likewise. @throws {Problem} 404, 412 or 503 */
export async function removeMember(resource: Resource, id: ObjectId, conditions: Conditions): Promise<void> {
  const { collection } = resource;
  if (!conditions.areGiven) return void found(await collection.findOneAndDelete({ _id: id }), id);
  await onPresent(resource, id, conditions, (present) => collection.findOneAndDelete(unchanged(present)));
}

async function onPresent(
  { collection, show, maxTimeMS }: Resource,
  id: ObjectId,
  conditions: Conditions,
  write: (present: Document) => Promise<Document | null>,
): Promise<Document> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const present = found(await collection.findOne({ _id: id }, { maxTimeMS }), id);
    conditions.require(validatorsOf(show(present)));
    const written = await write(present);
    if (written !== null) return written;
    await sleep(Math.random() * Math.min(50, attempt)); // so that one of many comes through
  }
  throw unavailable('Others change this resource all the time; nothing was changed. Try again.');
}

/** @throws {Problem} 404 if there is none */
export function found(document: Document | null, id: ObjectId): Document {
  if (document === null) throw new Problem(404, `There is no resource with the id ${id.toHexString()}.`);
  return document;
}

/** What tells a member's state, from its representation. */
const validatorsOf = (shown: Document): Validators => ({
  etag: etagOf(JSON.stringify(shown)),
  lastModified: lastModifiedOf(shown),
});

/** The `Last-Modified` of a representation; `undefined` where it has no time of its last change. */
export const lastModifiedOf = ({ updatedAt }: Document): string | undefined =>
  updatedAt instanceof Date ? updatedAt.toUTCString() : undefined;

/** Matches the document only as long as no field of it has changed, been added or gone. */
const unchanged = (present: Document): Filter<Document> => ({
  _id: present['_id'],
  $expr: { $eq: ['$$ROOT', { $literal: present }] },
});

/** Every change moves the time, so that no two states of a document are alike. */
const later = (before: unknown) => new Date(Math.max(Date.now(), before instanceof Date ? before.getTime() + 1 : 0));
