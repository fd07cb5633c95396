import type { Db, Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { describeCollection, includes, sameIndex } from './collections.ts';
import { create } from './prepare.ts';
import { isRefusal, ServerRefusal } from './refusal.ts';
import type { StoredCollection } from './verify-files.ts';

const PROBE = 'restoring.999999998';
const PROBED = 'restoring.999999999';

/** Options that can be set on a collection that exists. */
const CHANGEABLE = new Set(['validator', 'validationLevel', 'validationAction']);

/**
 * Tries with an empty collection whether renaming keeps the options of each collection. Some servers do not, or not for
 * every kind of collection.
 * @throws {ServerRefusal} naming the collection that cannot be exchanged
 */
export async function refuseLossyRename(db: Db, collections: readonly StoredCollection[]): Promise<void> {
  for (const stored of collections) {
    const fixed = Object.fromEntries(Object.entries(stored.options).filter(([name]) => !CHANGEABLE.has(name)));
    if (stored.type === 'view' || Object.keys(fixed).length === 0) continue;
    const reason = await probe(db, stored, fixed);
    if (reason !== undefined)
      throw new ServerRefusal(
        `This server cannot exchange ${stored.name}: ${reason}. Restore into an empty database with --to.`,
      );
  }
}

/**
 * Tries whether each view can be created, before anything is loaded.
 * @throws {ServerRefusal} naming the view that cannot
 */
export async function refuseViews(db: Db, collections: readonly StoredCollection[]): Promise<void> {
  for (const stored of collections)
    if (stored.type === 'view') {
      // On a collection that does not exist, because the right one is not loaded yet.
      await create(db, PROBE, { ...stored, options: { ...stored.options, viewOn: PROBED } });
      await db.collection(PROBE).drop();
    }
}

async function probe(db: Db, stored: StoredCollection, fixed: Document): Promise<string | undefined> {
  await create(db, PROBE, stored);
  try {
    await db.renameCollection(PROBE, PROBED, { dropTarget: true });
    const live = await describeCollection(db, PROBED);
    return includes(live?.options, fixed) ? undefined : `renaming loses ${Object.keys(fixed).join(', ')}`;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error.message;
  } finally {
    for (const name of [PROBE, PROBED]) await db.collection(name).drop();
  }
}

/**
 * Replaces every old collection by the loaded one, then creates the views. May be run again after it was interrupted.
 * @throws {OperatorError} if a collection differs from the backup afterwards
 */
export async function swap(
  db: Db,
  collections: readonly StoredCollection[],
  confirm: () => Promise<void>,
): Promise<void> {
  const listed = await db.listCollections({}, { nameOnly: true }).toArray();
  const old = new Map(listed.map(({ name, type }) => [name, type]));
  for (const [index, stored] of collections.entries()) {
    if (stored.type === 'view') continue;
    await confirm();
    const place = `restoring.${index}`;
    if (old.has(place)) {
      if (old.get(stored.name) === 'view') await db.collection(stored.name).drop();
      await db.renameCollection(place, stored.name, { dropTarget: true });
    }
    await settle(db, stored);
  }
  const views = collections.filter(({ type }) => type === 'view');
  await confirm();
  // All old views first: a view must have the same collation as the view that it is based on.
  for (const { name } of views) await db.collection(name).drop();
  for (const view of views) {
    await confirm();
    await create(db, view.name, view);
  }
}

/** Sets the validator again if renaming has lost it. */
async function settle(db: Db, stored: StoredCollection): Promise<void> {
  const { name, options } = stored;
  let now = await describeCollection(db, name);
  if (now && !includes(now.options, options)) {
    const changeable = Object.entries(options).filter(([option]) => CHANGEABLE.has(option));
    await db.command({ collMod: name, ...Object.fromEntries(changeable) });
    now = await describeCollection(db, name);
  }
  const live = now?.indexes ?? [];
  const missing = stored.indexes.find((index) => !live.some((other) => sameIndex(other, index)));
  if (now === undefined || missing !== undefined || !includes(now.options, options))
    throw new OperatorError(
      `${name} was exchanged without its ${missing === undefined ? 'options' : `index ${String(missing['name'])}`}. ` +
        'Run the restore again; if this happens again, restore into another server.',
    );
}
