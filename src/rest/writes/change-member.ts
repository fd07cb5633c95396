import { isDeepStrictEqual } from 'node:util';
import type { Document, ObjectId, UpdateFilter } from 'mongodb';
import { DOCUMENT_TOO_LARGE, hasCode } from '../../error-code.ts';
import {
  applyChanges,
  changedAt,
  type PlannedUpdate,
  type UpdateOperators,
  withSearchChanges,
} from '../../schema/index.ts';
import type { Resource } from '../resource-description.ts';
import type { MemberChange, Outcome, PlannedChange } from './outcome.ts';
import { found, readPresent, type Terms } from './members.ts';
import { carriedBy, isEntry, MOST_CARRIED, OUTBOX, withoutOutbox, type Mark, type Outbox } from './outbox.ts';
import { persist } from './persist.ts';
import { asItWasRead } from './present-state.ts';
import { timeOfNext } from './times.ts';
import type { UpdateMember } from './update-together.ts';
import { visibleUpdate } from './visible-update.ts';

/**
 * Changes a member in one atomic step.
 * If the changes or the preconditions depend on the present state, that state is read first. The write then
 * matches the document only if no field of it has changed since; if one has, all begins again.
 * If a client would see no difference, nothing is written: the timestamp stays, and the history gets no entry.
 * @param updateMember makes an update that need not know the present state
 * @throws {Problem} 404 if there is no such member; 412 if it is not in the state that the request is meant for; 503 if
 *   others kept changing or locking it; 500 if the database does not find it equal to itself; what `wanted` throws
 */
export async function changeMember(
  resource: Resource,
  terms: Terms,
  id: ObjectId,
  wanted: PlannedUpdate,
  updateMember: UpdateMember,
): Promise<Outcome> {
  return change(resource, terms, id, wanted, updateMember).catch((error: unknown) => {
    if (!(error instanceof TooLargeToCarry)) throw error;
    terms.hasChangedNothing();
    return change(resource, terms, id, wanted);
  });
}

/** A document of more than half of the largest size cannot carry the state before as well. */
class TooLargeToCarry extends Error {}

/** What says so: the server, SecantusDB 0.7.0b3 of a findAndModify, and the driver of a command. */
const TOO_LARGE = [DOCUMENT_TOO_LARGE, 1, 'ERR_OUT_OF_RANGE'];

/** Makes a write of a document that is to carry an entry. @throws {TooLargeToCarry} if it cannot; else what the write throws */
const carrying = async <Result>(write: Promise<Result>): Promise<Result> =>
  write.catch((error: unknown) => {
    throw TOO_LARGE.some((code) => hasCode(error, code)) ? new TooLargeToCarry('', { cause: error }) : error;
  });

async function change(
  resource: Resource,
  terms: Terms,
  id: ObjectId,
  wanted: PlannedUpdate,
  updateMember?: UpdateMember,
): Promise<Outcome> {
  const { fields, show, stamps } = resource;
  const { requireState, outbox } = terms;
  const carries = updateMember !== undefined;
  const changes = withSearchChanges(fields, wanted);
  if (typeof changes !== 'function' && !requireState && updateMember) {
    const outcome = await changeUnread(resource, terms, id, changes, updateMember);
    if (outcome) return outcome;
  }
  return persist(resource, terms, async () => {
    const before = await readPresent(resource, terms, id);
    const operators = typeof changes === 'function' ? changes(before) : changes;
    if (isDeepStrictEqual(show(applyChanges(before, operators)), show(before)))
      return { kind: 'none', id, after: before };
    const at = await timeOfNext(resource, outbox?.lastChange, before);
    const stamp = changedAt(stamps, at);
    const after = applyChanges(before, { ...operators, $set: { ...operators.$set, ...stamp } });
    const planned = { kind: 'change', id, at, before, after } as const;
    const update = updateOf(operators, stamp);
    return { ...planned, write: writerOf(resource, outbox, planned, update, carries) };
  });
}

/** What makes a change of a member that was read. */
function writerOf(
  resource: Resource,
  outbox: Outbox | undefined,
  change: MemberChange & { before: Document; after: Document },
  update: UpdateFilter<Document>,
  carries: boolean,
): PlannedChange['write'] {
  const { collection, stamps } = resource;
  const { at, before, after } = change;
  const write = async (whole: UpdateFilter<Document>, options: { maxTimeMS: number }) =>
    (await collection.updateOne(asItWasRead(resource, before), whole, options)).matchedCount > 0;
  if (!outbox || (!carries && !outbox.hasHistory)) return (options) => write(update, options);
  const entry = outbox.entryFor('change', at);
  if (!carries) {
    const rest: Document[] = stamps.updated === undefined ? [{ _id: entry._id, at }] : [];
    // So large a document takes long even without a lock.
    return () => outbox.announced(change, () => write(withOnly(update, rest), { maxTimeMS: resource.maxTimeMS }));
  }
  const carried = outbox.hasHistory ? { ...entry, before: withoutOutbox(before) } : entry;
  const isFull = carriedBy(before).length >= MOST_CARRIED;
  const whole = isFull ? withOnly(update, [carried]) : withAnother(update, carried);
  // Those before it go with it: what each one has changed is told by the one behind it.
  const all = isFull ? [carried] : [...carriedBy(before), carried];
  return async (options) => {
    if (isFull) await outbox.keep(before);
    const isMade = await carrying(write(whole, options));
    if (isMade && outbox.hasHistory) outbox.relay({ ...after, [OUTBOX]: all });
    return isMade;
  };
}

/**
 * Changes a member whose present state does not matter. The filter has the id alone wherever it can: for that MongoDB has a
 * shorter way than for any other filter.
 * @returns `undefined` if the member must be read first: it carries an entry already, or its timestamp is not in the past,
 *   so that the time of the change depends on its history
 * @throws {Problem} 404 if there is no such member
 */
async function changeUnread(
  { collection, fields, show, stamps, maxTimeMS, charged }: Resource,
  { outbox, write, hasChangedNothing }: Terms,
  id: ObjectId,
  changes: UpdateOperators,
  updateMember: UpdateMember,
): Promise<Outcome | undefined> {
  const at = new Date();
  const { updated } = stamps;
  if (outbox && updated === undefined) return undefined;
  const entry = outbox?.entryFor('change', at);
  const carried = outbox?.hasHistory
    ? { $mergeObjects: [{ $literal: entry }, { before: '$$ROOT' }] }
    : { $literal: entry };
  const conditions = outbox
    ? [
        { $eq: [{ $type: `$${updated}` }, 'date'] },
        { $lt: [`$${updated}`, at] },
        { $eq: [{ $type: `$${OUTBOX}` }, 'missing'] },
      ]
    : [];
  const removes = Object.keys(changes.$unset).length > 0;
  const isOwn = ({ _id }: Mark) => entry?._id.equals(_id) ?? false;
  const update = {
    id,
    filter: { _id: id, ...(removes && outbox && { $expr: { $and: conditions } }) },
    pipeline: visibleUpdate(fields, changes, changedAt(stamps, at), entry && { [OUTBOX]: [carried] }, conditions),
    ...(entry && { isShownBy: (document: Document) => carriedBy(document).some(isOwn) }),
  };
  const updating = write(() => updateMember(update, charged));
  const { stored, isMade } = await (outbox ? carrying(updating) : updating);
  if (!outbox || !entry || updated === undefined) {
    const after = isMade === undefined ? await collection.findOne({ _id: id }, { maxTimeMS }) : stored;
    return { kind: 'change', id, after: found(after, id) };
  }
  const made = isMade === undefined ? await outbox.made(id, entry._id) : undefined;
  if (made) return { kind: 'change', id, after: found(made.after, id) };
  if (isMade && stored) {
    if (outbox.hasHistory) outbox.relay(stored);
    return { kind: 'change', id, after: stateBehind(stored, isOwn) };
  }
  hasChangedNothing();
  if (stored === null && removes) return undefined;
  const after: Document = found(stored, id);
  return isDeepStrictEqual(show(applyChanges(after, changes)), show(after)) ? { kind: 'none', id, after } : undefined;
}

/** The state that a change has left in a document that carries its entry. Others may have changed the document since. */
function stateBehind(stored: Document, isOwn: (carried: Mark) => boolean): Document {
  const carried = carriedBy(stored);
  const next = carried[carried.findIndex(isOwn) + 1];
  return (next && isEntry(next) && next.before) || stored;
}

/** The update of a document that is to carry nothing else from then on. */
const withOnly = (update: UpdateFilter<Document>, carried: readonly Document[]): UpdateFilter<Document> =>
  carried.length > 0
    ? { ...update, $set: { ...update.$set, [OUTBOX]: carried } }
    : { ...update, $unset: { ...update.$unset, [OUTBOX]: true } };

function withAnother(update: UpdateFilter<Document>, entry: Document): UpdateFilter<Document> {
  const carried: Document = { [OUTBOX]: entry };
  return { ...update, $push: carried };
}

const updateOf = ({ $set, $unset }: UpdateOperators, stamp: Document): UpdateFilter<Document> => ({
  $set: { ...$set, ...stamp },
  ...(Object.keys($unset).length > 0 && { $unset }),
});
