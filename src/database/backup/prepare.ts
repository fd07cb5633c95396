import { BSON, type Db } from 'mongodb';
import { describeCollection, includes, type Description } from './collections.ts';
import { createIndexes, dropIndexes } from './indexes.ts';
import { isRefusal, ServerRefusal } from './refusal.ts';
import { refuseOtherStorage } from './storage.ts';
import type { StoredCollection } from './verify-files.ts';

/**
 * Makes a collection as it was, still empty, with its indexes, which shows whether this server has all that it needs.
 * What a killed restore loaded there is kept.
 * @throws {ServerRefusal} naming the option or index that this server cannot make
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

/** Drops the indexes, of which one may delete documents while they are loaded, and ends what else deletes them. */
async function suspend(db: Db, place: string): Promise<void> {
  const live = await describeCollection(db, place);
  if (live === undefined) return;
  await dropIndexes(db, place, live.indexes);
  if ('expireAfterSeconds' in live.options)
    await db.command({ collMod: place, expireAfterSeconds: 'off' }).catch((error: unknown) => {
      if (!isRefusal(error)) throw error; // it is only missed where documents have expired already
    });
}

/**
 * Makes the indexes of a loaded collection, and lets its documents expire again.
 * @throws {ServerRefusal} naming what this server cannot make
 */
export async function complete(db: Db, place: string, stored: StoredCollection): Promise<void> {
  await createIndexes(db, place, stored);
  const { expireAfterSeconds } = stored.options;
  const live = await describeCollection(db, place);
  if (expireAfterSeconds !== undefined && !('expireAfterSeconds' in (live?.options ?? {})))
    await db.command({ collMod: place, expireAfterSeconds });
}

/**
 * Makes a collection or view, without documents and further indexes.
 * @throws {ServerRefusal} if this server does not have what it needs
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
