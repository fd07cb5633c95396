import jsonPatch, { type Operation } from 'fast-json-patch';
import { ObjectId, type Collection, type Document } from 'mongodb';
import { DUPLICATE_KEY, hasCode } from '../../error-code.ts';
import type { CollectionDefinition } from '../../schema/index.ts';
import type { Origin } from '../http/operations.ts';
import type { Resource } from '../resource-description.ts';
import { Outpaced, type MemberChange, type Companion } from '../writes/commit.ts';
import { withoutOutbox } from '../writes/outbox.ts';

/** What the history keeps of one change of a member. */
export interface Entry {
  _id: ObjectId;
  /** The id of the member. */
  of: ObjectId;
  /** The time of the change; the changes of a member are ordered by it. */
  at: Date;
  kind: MemberChange['kind'];
  caller: string;
  requestId: string;
  /** The change of the representation, as JSON Patch (RFC 6902). */
  patch: Operation[];
  /** The whole document before the change, so that a past state can be shown without the entries before. */
  before: Document | null;
  expiresAt: Date;
  /** On a server without transactions the entry is written before the change: whether that was made, the member shows. */
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
});

const nameOf = (collection: string) => `${collection}.history`;

/** The entries about a resource's members. */
export function entriesOf({ connection, collection }: Pick<Resource, 'connection' | 'collection'>): Collection<Entry> {
  const { db } = connection;
  if (!db) throw new Error('the connection is not open');
  return db.collection<Entry>(nameOf(collection.collectionName));
}

/** The companion that writes the history of what a request changes. */
export function historian(resource: Resource, origin: Origin): Companion {
  const entries = entriesOf(resource);
  const insert = async (change: MemberChange, entry: Entry, options = {}) => {
    await entries.insertOne(entry, options).catch((error: unknown) => {
      if (!hasCode(error, DUPLICATE_KEY)) throw error;
      // An earlier attempt to create the member has left its entry. Any other duplicate is another change at the same time.
      if (change.kind !== 'create') throw new Outpaced();
    });
  };
  const entryFilter = ({ id, at }: MemberChange) => ({ of: id, at });
  return {
    announce: (change) => insert(change, { ...entryOf(resource, origin, change), pending: true }),
    async settle(change, session) {
      if (session) {
        // Without a timestamp, a member that was changed and changed back looks unchanged. Its history shows it.
        const wasOutpaced =
          resource.stamps.updated === undefined &&
          (await entries.findOne({ of: change.id, at: { $gt: change.at } }, { session, projection: { _id: 1 } }));
        if (wasOutpaced) throw new Outpaced();
        await insert(change, entryOf(resource, origin, change), { session });
      } else await entries.updateOne(entryFilter(change), { $unset: { pending: true } });
    },
    withdraw: (change) => entries.deleteOne(entryFilter(change)),
    lastChange: (id) => lastChange(resource, id),
  };
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

/**
 * Gives entries that are dated in the future the time at which they were written, and keeps their order. Earlier versions
 * dated a change after the timestamp that an import had brought. Several processes may do this at once, and repeat it.
 */
export async function redate(entries: Collection<Entry>, of: ObjectId): Promise<void> {
  const early = entries.find({ of, at: { $gt: latestPossible() }, pending: { $ne: true } }, { sort: { at: 1 } });
  for await (const { _id, at } of early) {
    const last = await entries.findOne({ of, at: { $lt: at } }, { sort: { at: -1 } });
    const written = Math.max(_id.getTimestamp().getTime(), last ? last.at.getTime() + 1 : 0);
    await entries.updateOne({ _id, at }, { $set: { at: new Date(written) } }).catch((error: unknown) => {
      if (!hasCode(error, DUPLICATE_KEY)) throw error; // another process does the same
    });
  }
}

/** The entry about a change. */
export function entryOf(
  resource: Pick<Resource, 'show' | 'settings'>,
  { caller, requestId }: Origin,
  { kind, id, at, before, after }: Pick<MemberChange, 'kind' | 'id' | 'at' | 'before' | 'after'>,
): Entry {
  const state = before && withoutOutbox(before);
  const patch = patchOf(resource, before, after);
  return {
    _id: new ObjectId(),
    of: id,
    at,
    kind,
    caller,
    requestId,
    patch,
    before: state,
    expiresAt: expiryOf(resource),
  };
}

/** When an entry that is written now expires. */
export const expiryOf = ({ settings }: Pick<Resource, 'settings'>) =>
  new Date(Date.now() + settings.history.days * DAY_MS);

/** The difference between two states of a member, as a client sees them. */
export function patchOf(
  { show }: Pick<Resource, 'show'>,
  before: Document | null,
  after: Document | null,
): Operation[] {
  const json = after && toJson(show(after));
  if (before === null) return [{ op: 'add', path: '', value: json }];
  return json === null ? [{ op: 'remove', path: '' }] : jsonPatch.compare(toJson(show(before)), json);
}

export const toJson = (shown: Document): Document => JSON.parse(JSON.stringify(shown));
