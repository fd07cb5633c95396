import { isDeepStrictEqual } from 'node:util';
import jsonPatch from 'fast-json-patch';
import type { Document, Filter, ObjectId } from 'mongodb';
import type { Resource } from '../resource-description.ts';
import type { MemberChange } from '../writes/outcome.ts';
import type { CarriedEntry } from '../writes/outbox.ts';
import { entriesOf, entryAbout, isAhead, redate, toJson, type Entry } from './entries.ts';
import { insertAndRemove } from './insert-and-remove.ts';
import { entriesIn, inBackground, insert, insertUntied, options, readMember } from './relay.ts';

/** Matches the entries of a member whose changes are known to have been made, not those that were only announced. */
export const madeEntries = (id: ObjectId): Filter<Entry> => ({ of: id, pending: { $ne: true } });

/**
 * Makes a change whose entry no document can carry, because the document would become too large, or is removed.
 * The entry is written first, with what the document carries, as pending; behind the answer it is settled. If the process
 * ends before that, the state of the member shows whether the change was made.
 * @param write makes the change, and resolves to whether it did
 * @returns whether the change was made; false if the member had changed meanwhile
 */
export async function makeAnnounced(
  resource: Resource,
  entry: CarriedEntry,
  { id, before, after }: MemberChange,
  write: () => Promise<boolean>,
): Promise<boolean> {
  const announced = announcementOf(resource, id, entry, after);
  const { maxTimeMS } = resource;
  const tied = await insertUntied(resource, [...entriesIn(resource, before), announced], { maxTimeMS });
  await insert(
    resource,
    tied.filter((one) => one !== announced),
  );
  return !tied.includes(announced) && settle(resource, announced, await write());
}

/**
 * Removes a member, as {@link makeAnnounced} makes a change: by one command, where the server has it and the document carries
 * nothing.
 * @param filter matches the member if it has not changed meanwhile
 */
export async function removeAnnounced(
  resource: Resource,
  entry: CarriedEntry,
  change: MemberChange,
  filter: Document,
  options: { maxTimeMS: number },
): Promise<boolean> {
  if (entriesIn(resource, change.before).length === 0) {
    const announced = announcementOf(resource, change.id, entry, null);
    const isMade = await insertAndRemove(resource, announced, filter, options);
    if (isMade === 'tied') return false;
    if (isMade !== undefined) return settle(resource, announced, isMade);
  }
  const remove = async () => (await resource.collection.deleteOne(filter, options)).deletedCount > 0;
  return makeAnnounced(resource, entry, change, remove);
}

const announcementOf = (resource: Resource, of: ObjectId, entry: CarriedEntry, after: Document | null): Entry => ({
  ...entryAbout(resource, of, entry, after),
  pending: true,
});

/** Notes behind the answer that an announced change was made, or takes the entry back at once. @returns whether it was made */
async function settle(resource: Resource, { _id, of }: Entry, isMade: boolean): Promise<boolean> {
  const entries = entriesOf(resource);
  const isPending = { _id, of, pending: true } as const;
  if (isMade) inBackground(entries.updateOne(isPending, { $unset: { pending: true } }, options(resource)));
  else await entries.deleteOne(isPending);
  return isMade;
}

/**
 * Reads a member, and brings its history up to date: it gets what the member carries, what was announced and made is
 * settled, and entries that are dated in the future are corrected.
 * @returns the member; null if there is none. Whatever is changed later has an entry behind that state, or none yet
 */
export async function readSettled(resource: Resource, id: ObjectId): Promise<Document | null> {
  const member = await readMember(resource, id);
  const entries = entriesOf(resource);
  const { maxTimeMS, show } = resource;
  const findUnsettled = () =>
    entries.find({ of: id, $or: [{ pending: true }, isAhead()] }, { sort: { at: 1 }, maxTimeMS }).toArray();
  let unsettled = await findUnsettled();
  if (unsettled.some(({ pending }) => !pending)) {
    await redate(entries, id);
    unsettled = await findUnsettled();
  }
  for (const { _id, kind, at, patch, before, pending } of unsettled) {
    if (!pending) continue;
    const after = () => jsonPatch.applyPatch(before && toJson(show(before)), patch).newDocument;
    const isMade =
      (await wasMade(resource, { kind, id, at }, after)) && (kind !== 'remove' || (await wins(resource, id, at)));
    if (isMade) await entries.updateOne({ _id, of: id, pending: true }, { $unset: { pending: true } });
  }
  return member;
}

/**
 * Whether a removal is the one that was made, of those that were announced of the same state. The last one is, unless
 * another one was settled. The others are withdrawn first, so that whoever has made one of them cannot settle it as well.
 */
async function wins(resource: Resource, of: ObjectId, at: Date): Promise<boolean> {
  const entries = entriesOf(resource);
  // Of an older one that was made and is pending still, the entry behind it has shown that already.
  await entries.deleteMany({ of, kind: 'remove', pending: true, at: { $lt: at } });
  const earlier = { ...madeEntries(of), at: { $lt: at } };
  return (await entries.findOne(earlier, { sort: { at: -1 }, maxTimeMS: resource.maxTimeMS }))?.kind !== 'remove';
}

/**
 * Whether an announced change was made. Each change gives the member another timestamp, so the state that follows the
 * change is known by it. If the model has no timestamp, the whole representation is compared.
 * @param after the representation that the change was to leave
 */
export async function wasMade(
  resource: Resource,
  { kind, id, at }: Pick<MemberChange, 'kind' | 'id' | 'at'>,
  after: () => Document | null,
): Promise<boolean> {
  const { show, stamps } = resource;
  const state = await stateAfter(resource, id, at);
  if (kind === 'remove' || state === null) return kind === 'remove' && state === null;
  const { updated } = stamps;
  if (updated === undefined) return isDeepStrictEqual(toJson(show(state)), after());
  // An imported member may have its own timestamp.
  const imported: unknown = kind === 'create' ? after()?.[updated] : undefined;
  const time = imported === undefined ? at : new Date(String(imported));
  return state[updated] instanceof Date && state[updated].getTime() === time.getTime();
}

/** The state of a member that followed on a change: the one before the next change, or the present one. */
export async function stateAfter(resource: Resource, id: ObjectId, at: Date): Promise<Document | null> {
  const present = await readMember(resource, id);
  // Read after the member, so that a change between the two reads is found here.
  const later = { of: id, at: { $gt: at } };
  const next = await entriesOf(resource).findOne(later, { sort: { at: 1 }, maxTimeMS: resource.maxTimeMS });
  return next ? next.before : present;
}

/** The entry with this id, if its change was made; one that was only announced is withdrawn. @param of the member's id */
export async function madeEntry(resource: Resource, of: ObjectId, _id: ObjectId): Promise<Entry | null> {
  await readSettled(resource, of);
  const entries = entriesOf(resource);
  await entries.deleteOne({ _id, of, pending: true });
  return entries.findOne({ _id, of }, { maxTimeMS: resource.maxTimeMS });
}
