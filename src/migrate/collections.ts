import type { Db, Document } from 'mongodb';

/** Collections are moved here by `removeCollection`, so that their documents are not lost. */
const archiveOf = (name: string) => `archive.${name}`;

/**
 * Makes a collection with a validator; brings back the one that `removeCollection` moved away; where there is one
 * already, only sets its validator.
 * @throws {Error} if there is a collection in both places, or its documents break the validator
 */
export async function addCollection(db: Db, name: string, validator: Document): Promise<void> {
  const exists = await hasCollection(db, name);
  const isArchived = await hasCollection(db, archiveOf(name));
  if (exists && isArchived)
    throw new Error(
      `${name} and ${archiveOf(name)} both exist. Move the documents of one into the other, then drop it.`,
    );
  if (isArchived) await db.renameCollection(archiveOf(name), name);
  else if (!exists) await db.createCollection(name);
  await setValidator(db, name, validator);
}

/** Takes a collection away; one that holds documents is moved aside for the next `addCollection`. */
export async function removeCollection(db: Db, name: string): Promise<void> {
  if (!(await hasCollection(db, name))) return;
  if ((await db.collection(name).findOne({}, { projection: { _id: 1 } })) === null) await db.dropCollection(name);
  else await db.renameCollection(name, archiveOf(name));
}

/**
 * Replaces a collection's validator.
 * @throws {Error} if stored documents break it: they could not be changed any more until they are corrected
 */
export async function setValidator(db: Db, name: string, validator: Document): Promise<void> {
  const broken = { $nor: [validator] };
  const [example] = await db
    .collection(name)
    .find(broken, { projection: { _id: 1 } })
    .limit(1)
    .toArray();
  if (example !== undefined) {
    const count = await db.collection(name).countDocuments(broken);
    throw new Error(
      `${count} documents of ${name} break the new validator, for example ${String(example._id)}. ` +
        'Correct them, or convert them in an earlier migration, and run this again. Nothing was changed.',
    );
  }
  await db.command({ collMod: name, validator, validationLevel: 'strict', validationAction: 'error' });
}

async function hasCollection(db: Db, name: string): Promise<boolean> {
  return db.listCollections({ name }, { nameOnly: true }).hasNext();
}
