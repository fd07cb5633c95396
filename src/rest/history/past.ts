import type { ObjectId } from 'mongodb';
import { Problem } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { madeEntries, readSettled } from './announced.ts';
import { DAY_MS, entriesOf } from './entries.ts';
import { lackingOf, reshape, type Reshaped } from './reshape.ts';

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
  const present = await readSettled(resource, id);
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
