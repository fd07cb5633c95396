import { BSON, type Db } from 'mongodb';
import { describeCollection, includes, type Description } from './collections.ts';
import { createIndexes, dropIndexes } from './indexes.ts';
import { isRefusal, ServerRefusal } from './refusal.ts';
import { refuseOtherStorage } from './storage.ts';
import type { StoredCollection } from './verify-files.ts';

/**
 * Creates a collection as it was, still empty. Its indexes are created for a moment, to see whether this server can.
 * What a killed restore has loaded there is kept.
 * @throws {ServerRefusal} naming the option or index that this server does not accept
 */
export async function prepare(db: Db, place: string, stored: StoredCollection): Promise<void> {
  const live = await describeCollection(db, place);
  const { expireAfterSeconds: _suspended, ...lasting } = stored.options;
  if (live && includes(live.options, lasting)) return suspend(db, place);
  if (live) await db.collection(place).drop();
  await create(db, place, stored);
  await refuseOtherStorage(db, place, stored);
  await createIndexes(db, place, stored);
  await suspend(db, place);
}

/** Drops the indexes and suspends expiry: both may delete documents while the collection is loaded. */
async function suspend(db: Db, place: string): Promise<void> {
  const live = await describeCollection(db, place);
  if (live === undefined) return;
  await dropIndexes(db, place, live.indexes);
  if ('expireAfterSeconds' in live.options)
    await db.command({ collMod: place, expireAfterSeconds: 'off' }).catch((error: unknown) => {
      if (!isRefusal(error)) throw error; // without this, only documents that have already expired are lost
    });
}

/**
 * Creates the indexes of a loaded collection, and lets its documents expire again.
 * @throws {ServerRefusal} naming the index that this server does not accept
 */
export async function complete(db: Db, place: string, stored: StoredCollection): Promise<void> {
  await createIndexes(db, place, stored);
  const { expireAfterSeconds } = stored.options;
  const live = await describeCollection(db, place);
  if (expireAfterSeconds !== undefined && !('expireAfterSeconds' in (live?.options ?? {})))
    await db.command({ collMod: place, expireAfterSeconds });
}

/**
 * Creates a collection or view, without documents and secondary indexes.
 * @throws {ServerRefusal} if this server does not accept it
 */
export async function create(
  db: Db,
  place: string,
  { name, options }: Pick<Description, 'name' | 'options'>,
): Promise<void> {
  const settings = { ...options, writeConcern: { w: 'majority', j: true } };
  await db.command({ create: place, ...settings }).catch((error: unknown) => {
    if (!isRefusal(error)) throw error;
    throw new ServerRefusal(
      `This server cannot make ${name} with its options ${BSON.EJSON.stringify(options)}: ${error.message}. ` +
        'Use a server that can.',
      { cause: error },
    );
  });
}
