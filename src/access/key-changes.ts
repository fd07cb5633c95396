import type { Connection } from 'mongoose';
import { initialiseCollections } from '../database/index.ts';
import { Problem, type Flaw } from '../rest/index.ts';
import { accessKeys, accessKeysDefinition, databaseOf, hashOf, isLive, type AccessKey } from './access-keys.ts';
import { newKeyParts, writeKey } from './key-format.ts';
import { grants, type Grant } from './roles.ts';

/** What is wanted of a new key. */
export interface NewKey extends Grant {
  name: string;
  /** Without it the key does not end by itself. */
  expiresAt?: Date;
}

/** A new key. It is shown once: the database has only the hash of its secret. */
export interface IssuedKey {
  key: string;
  record: AccessKey;
}

/** How a key is replaced. */
export interface Rotation {
  /** How long the old key can still be used. */
  overlapMs: number;
  /** When the new one ends; by default it lasts as long as the old one was made for. */
  expiresAt?: Date;
  /** Is shown what the new key may do before it is made, and throws if the caller may not make such a key. */
  permit?: (grant: Grant) => void;
}

/** The most keys that are listed. */
export const MOST_LISTED = 1000;

/** What is wrong with the scopes of a grant: those that do not exist, and those that its role does not have. */
export const scopeFlaws = ({ role, scopes = [] }: Grant, known: readonly string[]): Flaw[] =>
  scopes.flatMap((scope, place) => {
    const detail = known.includes(scope)
      ? `${scope} is not among the scopes of the role ${role}`
      : `${scope} is no scope; there are ${known.join(', ')}`;
    return known.includes(scope) && grants({ role }, scope)
      ? []
      : [{ pointer: `/scopes/${place}`, keyword: 'scope', detail }];
  });

/** Makes a key, and with the first one the collection of keys. */
export async function createKey(connection: Connection, wanted: NewKey): Promise<IssuedKey> {
  const parts = newKeyParts();
  const record = { _id: parts.id, hash: hashOf(parts.secret), ...wanted, createdAt: new Date() };
  await initialiseCollections(databaseOf(connection), [accessKeysDefinition]);
  await accessKeys(connection).insertOne(record);
  return { key: writeKey(parts), record };
}

/** The keys that there are, also those that cannot be used any more; the newest first. */
export const listKeys = (connection: Connection): Promise<AccessKey[]> =>
  accessKeys(connection)
    .find({}, { sort: { createdAt: -1, _id: 1 }, limit: MOST_LISTED })
    .toArray();

/**
 * Makes a key in the place of another one, which can be used for some time still. Two of them can be used at a time, no
 * more. If the process is killed in between, there is a key that nobody knows, and the old one can be rotated again.
 * @throws {Problem} 404 if there is no such key; 409 if it cannot be replaced now
 */
export async function rotateKey(connection: Connection, id: string, rotation: Rotation): Promise<IssuedKey> {
  const keys = accessKeys(connection);
  const old = await keys.findOne({ _id: id });
  if (!old) throw noSuchKey(id);
  if (old.replacedBy !== undefined)
    throw conflict(`The key ${id} was rotated already: ${old.replacedBy} takes its place. Rotate that one.`);
  if (!isLive(old)) throw conflict(`The key ${id} was revoked, or has expired. Create a new one.`);
  const before = (await keys.find({ replacedBy: id }).toArray()).find(isLive);
  if (before)
    throw conflict(
      `The key ${before._id}, whose place ${id} takes, can still be used, and there may not be a third. Revoke ${before._id} first.`,
    );
  const { name, role, scopes, createdAt, expiresAt } = old;
  const grant = { role, ...(scopes && { scopes }) };
  rotation.permit?.(grant);
  const now = Date.now();
  const end = rotation.expiresAt ?? (expiresAt && new Date(now + expiresAt.getTime() - createdAt.getTime()));
  const issued = await createKey(connection, { name, ...grant, ...(end && { expiresAt: end }) });
  const oldEnd = new Date(Math.min(now + rotation.overlapMs, expiresAt?.getTime() ?? Infinity));
  const { matchedCount } = await keys.updateOne(
    { _id: id, replacedBy: { $exists: false }, revokedAt: { $exists: false } },
    { $set: { replacedBy: issued.record._id, expiresAt: oldEnd } },
  );
  if (matchedCount > 0) return issued;
  await keys.deleteOne({ _id: issued.record._id });
  throw conflict(`Somebody else has rotated or revoked the key ${id} meanwhile. List the keys.`);
}

/** Ends a key for good. To do it again changes nothing. @returns the key @throws {Problem} 404 if there is no such key */
export async function revokeKey(connection: Connection, id: string): Promise<AccessKey> {
  const keys = accessKeys(connection);
  await keys.updateOne({ _id: id, revokedAt: { $exists: false } }, { $set: { revokedAt: new Date() } });
  const revoked = await keys.findOne({ _id: id });
  if (!revoked) throw noSuchKey(id);
  return revoked;
}

const noSuchKey = (id: string) => new Problem(404, `There is no key with the id ${id}.`);

const conflict = (detail: string) => new Problem(409, detail);

/** What is shown of a key: neither the key nor the hash of its secret. */
export const shownKey = (key: AccessKey) => {
  const { _id: id, name, role, scopes = null, createdAt, expiresAt = null, revokedAt = null } = key;
  const { lastUsedAt = null, replacedBy = null } = key;
  const state = revokedAt ? 'revoked' : isLive(key) ? 'live' : 'expired';
  return { id, name, role, scopes, state, createdAt, expiresAt, revokedAt, lastUsedAt, replacedBy };
};
