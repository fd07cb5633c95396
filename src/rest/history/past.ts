import { isDeepStrictEqual } from 'node:util';
import jsonPatch from 'fast-json-patch';
import type { Document, Filter, ObjectId } from 'mongodb';
import { Problem } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { hasTransactions } from '../writes/topology.ts';
import type { Change } from '../writes/commit.ts';
import { DAY_MS, entriesOf, redate, toJson, type Entry } from './entries.ts';
import { lackingOf, reshape, type Reshaped } from './reshape.ts';

/** What is known to have happened: leaves out what was only announced. */
export const made = (id: ObjectId): Filter<Entry> => ({ of: id, pending: { $ne: true } });

/**
 * A member as it was at a time, in the present shape of the model.
 * @throws {Problem} 404 if there was none then; 410 if the history does not reach back so far, or has not all of what is
 *   required since
 */
export async function memberAt(resource: Resource, id: ObjectId, time: Date): Promise<Reshaped> {
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
  const { created } = resource.stamps;
  const since: unknown = created === undefined ? undefined : present?.[created];
  // One in the future, which an import may bring, tells nothing.
  const isSince = since instanceof Date && since > time && since.getTime() <= Date.now();
  const isKnown = next !== null || !isSince || (await wasChangedBefore(resource, id, time));
  if (then === null || !isKnown)
    throw new Problem(404, `There was no resource with the id ${id.toHexString()} at ${time.toISOString()}.`);
  const reshaped = await reshape(resource, then, next?.at ?? new Date());
  const lacking = lackingOf(resource, reshaped.document);
  if (lacking.length === 0) return reshaped;
  const names = lacking.map(({ pointer }) => pointer).join(', ');
  throw new Problem(
    410,
    `At ${time.toISOString()} it had no ${names}, which is required since, so that state cannot be shown any more. ` +
      `${resource.path}/${id.toHexString()}/history tells what it was.`,
    [{ parameter: 'at', keyword: 'required', detail: `names a state without ${names}` }],
  );
}

const wasChangedBefore = async (resource: Resource, id: ObjectId, time: Date): Promise<boolean> =>
  (await entriesOf(resource).findOne({ ...made(id), at: { $lte: time } }, { maxTimeMS: resource.maxTimeMS })) !== null;

/**
 * Finds out what became of changes whose process died before it could say so.
 * With transactions there are none. Dates entries that lie in the future.
 */
export async function settleAnnounced(resource: Resource, id: ObjectId): Promise<void> {
  const { connection, maxTimeMS } = resource;
  await redate(entriesOf(resource), id);
  if (await hasTransactions(connection)) return;
  const entries = entriesOf(resource);
  const announced = await entries.find({ of: id, pending: true }, { sort: { at: 1 }, maxTimeMS }).toArray();
  for (const { _id, kind, at, patch, before } of announced) {
    const after = () => jsonPatch.applyPatch(before && toJson(resource.show(before)), patch).newDocument;
    if (await wasMade(resource, { kind, id, at }, after))
      await entries.updateOne({ _id }, { $unset: { pending: true } });
  }
}

/**
 * Whether a change was made that was announced: each leaves a state that no other one leaves, by its timestamp.
 * A member without one is compared whole with the representation that the change was to leave.
 * Where there is no history, it is not seen if others have changed the member since.
 */
export async function wasMade(
  resource: Resource,
  { kind, id, at }: Pick<Change, 'kind' | 'id' | 'at'>,
  after: () => Document | null,
): Promise<boolean> {
  const { collection, maxTimeMS, show, stamps } = resource;
  const present = await collection.findOne({ _id: id }, { maxTimeMS });
  const next = await entriesOf(resource).findOne({ of: id, at: { $gt: at } }, { sort: { at: 1 }, maxTimeMS });
  const state = next ? next.before : present;
  if (kind === 'remove' || state === null) return kind === 'remove' && state === null;
  const { updated } = stamps;
  if (updated === undefined) return isDeepStrictEqual(toJson(show(state)), after());
  // An imported member brings its own time.
  const told: unknown = kind === 'create' ? after()?.[updated] : undefined;
  const time = told === undefined ? at : new Date(String(told));
  return state[updated] instanceof Date && state[updated].getTime() === time.getTime();
}
