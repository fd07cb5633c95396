import { isDeepStrictEqual } from 'node:util';
import type { Document, ObjectId, UpdateFilter } from 'mongodb';
import { DOCUMENT_TOO_LARGE, hasCode } from '../../error-code.ts';
import {
  applyChanges,
  changedAt,
  shownPart,
  type PlannedUpdate,
  type UpdateOperators,
  withSearchChanges,
} from '../../schema/index.ts';
import type { Resource } from '../resource-description.ts';
import type { Outcome } from './commit.ts';
import { found, lookupsOf, readPresent, type Terms } from './members.ts';
import { carriedBy, MOST_CARRIED, OUTBOX, withoutOutbox, type CarriedEntry, type Outbox } from './outbox.ts';
import { persist } from './persist.ts';
import { inPresentState } from './present-state.ts';
import { timeOfNext } from './times.ts';
import { visibleUpdate } from './visible-update.ts';
import { withinWriteLimit, writeLimit } from './write-limit.ts';

/**
 * Changes a member in one atomic step.
 * If the changes, the preconditions or a companion depend on the present state, that state is read first. The write then
 * matches the document only if no field of it has changed since; if one has, all begins again.
 * If a client would see no difference, nothing is written: the timestamp stays, and the history gets no entry.
 * @throws {Problem} 404 if there is no such member; 412 if it is not in the state that the request is meant for; 503 if
 *   others kept changing or locking it; 500 if the database does not find it equal to itself; what `wanted` throws
 */
export async function changeMember(
  resource: Resource,
  terms: Terms,
  id: ObjectId,
  wanted: PlannedUpdate,
): Promise<Outcome> {
  const { outbox } = terms;
  return change(resource, terms, id, wanted).catch((error: unknown) => {
    if (!outbox || !TOO_LARGE.some((code) => hasCode(error, code))) throw error;
    // A document of more than half of the largest size cannot carry the state before as well.
    return change(resource, { ...terms, outbox: undefined, companions: [outbox.companion] }, id, wanted);
  });
}

/** What says so: the server, SecantusDB 0.7.0b3 of a findAndModify, and the driver of a command. */
const TOO_LARGE = [DOCUMENT_TOO_LARGE, 1, 'ERR_OUT_OF_RANGE'];

async function change(resource: Resource, terms: Terms, id: ObjectId, wanted: PlannedUpdate): Promise<Outcome> {
  const { collection, fields, show, stamps } = resource;
  const { requireState, companions, outbox } = terms;
  const changes = withSearchChanges(fields, wanted);
  if (typeof changes !== 'function' && !requireState && companions.length === 0) {
    const outcome = await changeUnread(resource, outbox, id, changes);
    if (outcome) return outcome;
  }
  return persist(resource, companions, async () => {
    const before = await readPresent(resource, terms, id);
    const operators = typeof changes === 'function' ? changes(before) : changes;
    if (isDeepStrictEqual(show(applyChanges(before, operators)), show(before)))
      return { kind: 'none', id, after: before };
    const at = await timeOfNext(resource, lookupsOf(terms), before);
    const stamp = changedAt(stamps, at);
    const after = applyChanges(before, { ...operators, $set: { ...operators.$set, ...stamp } });
    const entry = outbox && { ...outbox.entryFor('change', at), before: withoutOutbox(before) };
    const isFull = carriedBy(before).length >= MOST_CARRIED;
    const update = withEntry(updateOf(operators, stamp), entry, isFull);
    return {
      kind: 'change',
      id,
      at,
      before,
      after,
      async write(options) {
        if (isFull) await outbox?.keep(before);
        const { matchedCount } = await collection.updateOne(inPresentState(before), update, options);
        if (matchedCount > 0 && entry) outbox?.relay(id, entry, after);
        return matchedCount > 0;
      },
    };
  });
}

/**
 * Changes a member whose present state does not matter.
 * @returns `undefined` if the member must be read first: it is not there, it carries an entry already, or its timestamp
 *   is not in the past, so that the time of the change depends on its history
 */
async function changeUnread(
  { collection, fields, stamps, maxTimeMS }: Resource,
  outbox: Outbox | undefined,
  id: ObjectId,
  changes: UpdateOperators,
): Promise<Outcome | undefined> {
  const at = new Date();
  const stamp = changedAt(stamps, at);
  const options = { returnDocument: 'after', ...shownPart(fields), ...writeLimit({ maxTimeMS }) } as const;
  const update = async (filter: Document, carried?: Document) =>
    withinWriteLimit(collection.findOneAndUpdate(filter, visibleUpdate(fields, changes, stamp, carried), options));
  if (!outbox) return { kind: 'change', id, after: found(await update({ _id: id }), id) };
  if (stamps.updated === undefined) return undefined;
  const entry = { $mergeObjects: [{ $literal: outbox.entryFor('change', at) }, { before: '$$ROOT' }] };
  const carriesNone = { [stamps.updated]: { $lt: at }, [OUTBOX]: { $exists: false } };
  const after = await update({ _id: id, ...carriesNone }, { [OUTBOX]: [entry] });
  if (after === null) return undefined;
  const [written] = carriedBy(after);
  if (written === undefined) return { kind: 'none', id, after };
  outbox.relay(id, written, after);
  return { kind: 'change', id, after };
}

/** With the entry that the document is to carry from then on; where it carries too many, in their place. */
function withEntry(
  update: UpdateFilter<Document>,
  entry: CarriedEntry | undefined,
  isFull: boolean,
): UpdateFilter<Document> {
  if (!entry) return update;
  if (isFull) return { ...update, $set: { ...update.$set, [OUTBOX]: [entry] } };
  const carried: Document = { [OUTBOX]: entry };
  return { ...update, $push: carried };
}

const updateOf = ({ $set, $unset }: UpdateOperators, stamp: Document): UpdateFilter<Document> => ({
  $set: { ...$set, ...stamp },
  ...(Object.keys($unset).length > 0 && { $unset }),
});
