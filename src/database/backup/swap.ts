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
 * Tries out, on an empty collection, whether renaming keeps the options of each collection: not every server does that,
 * and not for every kind.
 * @throws {ServerRefusal} naming the collection that could not be exchanged
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
 * Tries out whether each view can be made, while nothing is loaded.
 * @throws {ServerRefusal} naming the one that cannot
 */
export async function refuseViews(db: Db, collections: readonly StoredCollection[]): Promise<void> {
  for (const stored of collections)
    if (stored.type === 'view') {
      // On nothing, as what it will be on is not there yet.
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
 * Puts every loaded collection in the place of the old one, each at once, then makes the views. May be run again.
 * @throws {OperatorError} if a collection is not what the backup holds afterwards
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
  // All old ones first: a view has the collation of the view that it is on, or cannot be made.
  for (const { name } of views) await db.collection(name).drop();
  for (const view of views) {
    await confirm();
    await create(db, view.name, view);
  }
}

/** Sets the validator again where renaming lost it. */
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
      `${name} is there, but not its ${missing === undefined ? 'options' : `index ${String(missing['name'])}`}. ` +
        'Run the restore again; if this stays, restore into another server.',
    );
}
