import jsonPatch, { type Operation } from 'fast-json-patch';
import { ObjectId, type Collection, type Document } from 'mongodb';
import { DUPLICATE_KEY, hasCode } from '../../error-code.ts';
import type { CollectionDefinition } from '../../schema/index.ts';
import { chargedCollection } from '../charged.ts';
import type { Origin } from '../http/operations.ts';
import type { Resource } from '../resource-description.ts';
import type { MemberChange } from '../writes/outcome.ts';
import type { CarriedEntry } from '../writes/outbox.ts';

/** What the history keeps of one change of a member. */
export interface Entry extends CarriedEntry {
  /** The id of the member. */
  of: ObjectId;
  /** The change of the representation, as JSON Patch (RFC 6902). */
  patch: Operation[];
  /** The entry was written before its change: whether that was made, the member shows. */
  pending?: true;
}

export const DAY_MS = 86_400_000;

/** The collection that keeps the changes of the documents of another collection. */
export const historyDefinition = (collection: string): CollectionDefinition => ({
  name: nameOf(collection),
  validator: {
    $jsonSchema: {
      bsonType: 'object',
      required: ['of', 'at', 'kind', 'caller', 'requestId', 'patch', 'before', 'expiresAt'],
      properties: {
        _id: { bsonType: 'objectId' },
        of: { bsonType: 'objectId' },
        at: { bsonType: 'date' },
        kind: { enum: ['create', 'change', 'remove', 'restore'] },
        caller: { bsonType: 'string' },
        requestId: { bsonType: 'string' },
        patch: { bsonType: 'array', items: { bsonType: 'object' } },
        before: { bsonType: ['object', 'null'] },
        expiresAt: { bsonType: 'date' },
        pending: { bsonType: 'bool' },
      },
      additionalProperties: false,
    },
  },
  indexes: [
    { name: 'of_1_at_1', key: { of: 1, at: 1 }, unique: true },
    { name: 'expiresAt_1', key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  ],
  defaults: {},
  filled: [],
  // The unique index begins with it, as it must. An entry that is moved twice goes to one shard twice, which refuses its id.
  shardKey: { of: 1 },
});

const nameOf = (collection: string) => `${collection}.history`;

/** The entries about a resource's members. */
export function entriesOf({
  connection,
  collection,
  charged,
}: Pick<Resource, 'connection' | 'collection' | 'charged'>): Collection<Entry> {
  const { db } = connection;
  if (!db) throw new Error('the connection is not open');
  return chargedCollection(db.collection<Entry>(nameOf(collection.collectionName)), charged);
}

/** The time of the last change of a member that the history knows of. */
export async function lastChange(resource: Resource, id: ObjectId): Promise<Date | undefined> {
  const entries = entriesOf(resource);
  const options = { sort: { at: -1 }, projection: { at: 1 }, maxTimeMS: resource.maxTimeMS } as const;
  const find = async () => (await entries.findOne({ of: id }, options))?.at;
  const at = await find();
  if (at === undefined || at <= latestPossible()) return at;
  await redate(entries, id);
  return find();
}

/** No clock of another process is so far ahead. */
const AHEAD_MS = 60_000;
const latestPossible = () => new Date(Date.now() + AHEAD_MS);

/** Matches entries that are dated in the future. */
export const isAhead = () => ({ at: { $gt: latestPossible() } });

/**
 * Gives entries that are dated in the future the time at which they were written, and keeps their order. Earlier versions
 * dated a change after the timestamp that an import had brought. Several processes may do this at once, and repeat it.
 */
export async function redate(entries: Collection<Entry>, of: ObjectId): Promise<void> {
  const early = entries.find({ of, ...isAhead(), pending: { $ne: true } }, { sort: { at: 1 } });
  for await (const { _id, at } of early) {
    const last = await entries.findOne({ of, at: { $lt: at } }, { sort: { at: -1 } });
    const written = Math.max(_id.getTimestamp().getTime(), last ? last.at.getTime() + 1 : 0);
    await entries.updateOne({ _id, of, at }, { $set: { at: new Date(written) } }).catch((error: unknown) => {
      if (!hasCode(error, DUPLICATE_KEY)) throw error; // another process does the same
    });
  }
}

/** What an entry says besides the change itself. */
export const entryFor = (
  { settings }: Pick<Resource, 'settings'>,
  { caller, requestId }: Origin,
  { kind, at }: Pick<MemberChange, 'kind' | 'at'>,
  _id = new ObjectId(),
): Omit<CarriedEntry, 'before'> => ({
  _id,
  at,
  kind,
  caller,
  requestId,
  expiresAt: new Date(Date.now() + settings.history.days * DAY_MS),
});

/** The entry as the history keeps it. @param after the state of the member after the change */
export const entryAbout = (
  resource: Pick<Resource, 'show'>,
  of: ObjectId,
  entry: CarriedEntry,
  after: Document | null,
): Entry => ({ ...entry, of, patch: patchOf(resource, entry.before, after) });

/** The difference between two states of a member, as a client sees them. */
function patchOf({ show }: Pick<Resource, 'show'>, before: Document | null, after: Document | null): Operation[] {
  const json = after && toJson(show(after));
  if (before === null) return [{ op: 'add', path: '', value: json }];
  return json === null ? [{ op: 'remove', path: '' }] : jsonPatch.compare(toJson(show(before)), json);
}

export const toJson = (shown: Document): Document => JSON.parse(JSON.stringify(shown));
