import type { Document, Filter, ObjectId } from 'mongodb';
import { Problem } from '../problems.ts';
import type { Resource } from '../resource-description.ts';
import { hasTransactions } from '../topology.ts';
import type { Change } from '../writes/commit.ts';
import { DAY_MS, entriesOf, type Entry } from './entries.ts';

/** What is known to have happened: leaves out what was only announced. */
export const made = (id: ObjectId): Filter<Entry> => ({ of: id, pending: { $ne: true } });

/**
 * A member as it was at a time.
 * @throws {Problem} 404 if there was none then; 410 if the history does not reach back so far
 */
export async function memberAt(resource: Resource, id: ObjectId, time: Date): Promise<Document> {
  const { collection, maxTimeMS, settings } = resource;
  const { days } = settings.history;
  if (time.getTime() < Date.now() - days * DAY_MS)
    throw new Problem(410, `The history reaches back ${days} days only.`, [
      { parameter: 'at', keyword: 'minimum', detail: `must not be more than ${days} days ago` },
    ]);
  await settleAnnounced(resource, id);
  const present = await collection.findOne({ _id: id }, { maxTimeMS });
  // Read behind the member: a change that came between the two is in here.
  const next = await entriesOf(resource).findOne({ ...made(id), at: { $gt: time } }, { sort: { at: 1 }, maxTimeMS });
  const then = next ? next.before : present;
  // Nothing but itself tells of the creation of what was not stored through the API.
  const isKnown = next !== null || !(present?.['createdAt'] instanceof Date) || present['createdAt'] <= time;
  if (then === null || !isKnown)
    throw new Problem(404, `There was no resource with the id ${id.toHexString()} at ${time.toISOString()}.`);
  return then;
}

/**
 * Finds out what became of changes whose process died before it could say so.
 * With transactions there are none.
 */
export async function settleAnnounced(resource: Resource, id: ObjectId): Promise<void> {
  const { connection, maxTimeMS } = resource;
  if (await hasTransactions(connection)) return;
  const entries = entriesOf(resource);
  const announced = await entries.find({ of: id, pending: true }, { sort: { at: 1 }, maxTimeMS }).toArray();
  for (const { _id, kind, at, patch } of announced) {
    // An imported member brings its own time.
    const brought: unknown = kind === 'create' ? patch[0]?.['value']?.updatedAt : undefined;
    const updatedAt = brought === undefined ? at : new Date(String(brought));
    if (await wasMade(resource, { kind, id, at, updatedAt }))
      await entries.updateOne({ _id }, { $unset: { pending: true } });
  }
}

/**
 * Whether a change was made that was announced: each leaves a state that no other one leaves.
 * Where there is no history, it is not seen if others have changed the member since.
 */
export async function wasMade(
  resource: Resource,
  { kind, id, at, updatedAt = at }: Pick<Change, 'kind' | 'id' | 'at'> & { updatedAt?: Date },
): Promise<boolean> {
  const { collection, maxTimeMS } = resource;
  const present = await collection.findOne({ _id: id }, { maxTimeMS });
  const next = await entriesOf(resource).findOne({ of: id, at: { $gt: at } }, { sort: { at: 1 }, maxTimeMS });
  const state = next ? next.before : present;
  if (kind === 'remove') return state === null;
  return state?.['updatedAt'] instanceof Date && state['updatedAt'].getTime() === updatedAt.getTime();
}
