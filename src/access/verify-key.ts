import { timingSafeEqual } from 'node:crypto';
import type { Connection } from 'mongoose';
import { accessKeys, hashOf, isLive, type AccessKey } from './access-keys.ts';
import { readKey } from './key-format.ts';
import { keyInvalid, keyMistyped } from './problems.ts';
import { sharedReads } from './shared-reads.ts';

/** How old what is known of keys may be: a new or revoked key is in force on every copy of the API within a second. */
export const MAX_AGE_MS = 900;

/** Keys that are known at the same time. */
const MOST_KEYS = 10_000;

/** How exactly the last use of a key is stored. */
const MINUTE_MS = 60_000;

/** Shows in the database's log and profiler what these commands are for. */
export const QUICK = { maxTimeMS: 2000, comment: 'access' };

/** Compared with if there is no such key, so that this takes as long. */
const NO_HASH = hashOf('');

/**
 * Makes the function that finds a key in the database.
 * What was read is kept by id and secret, not by id alone: so the first request with a wrong secret takes a query, as one
 * with an unknown id does, even while the right key is in use. Their time tells nobody which ids exist.
 * The function throws {Problem} 401 if the key cannot be used, and what the driver throws if the database is away.
 */
export function keyVerifier(connection: Connection): (key: string) => Promise<AccessKey> {
  const read = async (name: string): Promise<AccessKey | undefined> => {
    const [id = '', hash = ''] = name.split(' ');
    const found = await accessKeys(connection).findOne({ _id: id }, QUICK);
    const isRight = timingSafeEqual(Buffer.from(found?.hash ?? NO_HASH), Buffer.from(hash));
    return found && isRight ? found : undefined;
  };
  const find = sharedReads(read, MAX_AGE_MS, MOST_KEYS);
  return async (text) => {
    const parts = readKey(text);
    if (!parts) throw keyMistyped();
    const key = await find(`${parts.id} ${hashOf(parts.secret)}`);
    if (!key || !isLive(key)) throw keyInvalid();
    noteUse(connection, key);
    return key;
  };
}

/** Stores behind the request that the key was used, at most once a minute. Other copies may do the same at once. */
function noteUse(connection: Connection, key: AccessKey): void {
  const now = new Date();
  const before = new Date(now.getTime() - MINUTE_MS);
  if (key.lastUsedAt && key.lastUsedAt > before) return;
  key.lastUsedAt = now; // what was read is used by other requests, which need not store it again
  accessKeys(connection)
    .updateOne({ _id: key._id, lastUsedAt: { $not: { $gt: before } } }, { $set: { lastUsedAt: now } }, QUICK)
    .catch(() => {}); // the next use is stored
}
