import { isDeepStrictEqual } from 'node:util';
import jsonPatch from 'fast-json-patch';
import type { Document, Filter, ObjectId } from 'mongodb';
import { Problem } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { hasTransactions } from '../writes/topology.ts';
import type { MemberChange } from '../writes/commit.ts';
import { DAY_MS, entriesOf, redate, toJson, type Entry } from './entries.ts';
import { readMember } from './relay.ts';
import { lackingOf, reshape, type Reshaped } from './reshape.ts';

/** Matches the entries of a member whose changes are known to have been made, not those that were only announced. */
export const madeEntries = (id: ObjectId): Filter<Entry> => ({ of: id, pending: { $ne: true } });

/**
 * A member as it was at a time, in the present shape of the model.
 * @throws {Problem} 404 if the member did not exist then; 410 if that time is before the history begins, or the member
 *   lacked a field that is required now
 */
export async function memberAt(resource: Resource, id: ObjectId, time: Date): Promise<Reshaped> {
  const { maxTimeMS, settings } = resource;
  const { days } = settings.history;
  if (time.getTime() < Date.now() - days * DAY_MS)
    throw new Problem(410, `The history keeps only the last ${days} days. Ask for a later time.`, [
      { parameter: 'at', keyword: 'minimum', detail: `must not be more than ${days} days ago` },
    ]);
  await settleAnnounced(resource, id);
  const present = await readMember(resource, id);
  // Read after the member, so that a change between the two reads is found here.
  const next = await entriesOf(resource).findOne(
    { ...madeEntries(id), at: { $gt: time } },
    { sort: { at: 1 }, maxTimeMS },
  );
  const then = next ? next.before : present;
  // If the member was not stored through the API, only its own timestamp says when it was created.
  const { created } = resource.stamps;
  const since: unknown = created === undefined ? undefined : present?.[created];
  // A timestamp in the future, which an import may bring, says nothing.
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
    `At ${time.toISOString()} the resource had no ${names}, which is required now, so its state at that time cannot be ` +
      `shown. GET ${resource.path}/${id.toHexString()}/history lists its changes.`,
    [{ parameter: 'at', keyword: 'required', detail: `names a state without ${names}` }],
  );
}

const wasChangedBefore = async (resource: Resource, id: ObjectId, time: Date): Promise<boolean> =>
  (await entriesOf(resource).findOne({ ...madeEntries(id), at: { $lte: time } }, { maxTimeMS: resource.maxTimeMS })) !==
  null;

/**
 * Finds out which announced changes were made, if their process died before it could note that. On a server with
 * transactions there are none. Also moves what the member
 * carries to the history, and corrects entries that are dated in the future.
 */
export async function settleAnnounced(resource: Resource, id: ObjectId): Promise<void> {
  const { connection, maxTimeMS } = resource;
  await readMember(resource, id);
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
 * Whether an announced change was made. Each change gives the member another timestamp, so the state that follows the
 * change is known by it. If the model has no timestamp, the whole representation is compared.
 * @param after the representation that the change was to leave
 * @returns false too if the history is off and others have changed the member since
 */
export async function wasMade(
  resource: Resource,
  { kind, id, at }: Pick<MemberChange, 'kind' | 'id' | 'at'>,
  after: () => Document | null,
): Promise<boolean> {
  const { maxTimeMS, show, stamps } = resource;
  const present = await readMember(resource, id);
  const next = await entriesOf(resource).findOne({ of: id, at: { $gt: at } }, { sort: { at: 1 }, maxTimeMS });
  const state = next ? next.before : present;
  if (kind === 'remove' || state === null) return kind === 'remove' && state === null;
  const { updated } = stamps;
  if (updated === undefined) return isDeepStrictEqual(toJson(show(state)), after());
  // An imported member may have its own timestamp.
  const imported: unknown = kind === 'create' ? after()?.[updated] : undefined;
  const time = imported === undefined ? at : new Date(String(imported));
  return state[updated] instanceof Date && state[updated].getTime() === time.getTime();
}
