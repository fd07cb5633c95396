import type { Db, Document } from 'mongodb';
import { hasCode } from '../../error-code.ts';
import { OperatorError } from '../../operator-error.ts';
import { archiveName } from './archives.ts';
import { runOf } from '../run/run-context.ts';
import { refuse } from './paths.ts';
import { replaceValidator, validatorOf } from './replace-validator.ts';
import { eitherValidator } from './validators.ts';

const NAMESPACE_EXISTS = 48;

/**
 * Makes a collection with a validator; brings back the one that `removeCollection` moved away; where there is one
 * already, only sets its validator. `{}` accepts everything.
 * @throws {OperatorError} if there is a collection in both places, or its documents break the validator
 */
export async function addCollection(db: Db, name: string, validator: Document): Promise<void> {
  const exists = await hasCollection(db, name);
  const isArchived = await hasCollection(db, archiveName(name));
  if (exists && isArchived) throw bothExist(name);
  if (isArchived) await db.renameCollection(archiveName(name), name);
  else if (!exists) await db.createCollection(name);
  await setValidator(db, name, validator);
}

/**
 * Takes a collection away; one that holds documents is moved aside for the next `addCollection`.
 * @throws {OperatorError} if one was moved aside before, and is still there
 */
export async function removeCollection(db: Db, name: string): Promise<void> {
  if (!(await hasCollection(db, name))) return;
  if ((await db.collection(name).findOne({}, { projection: { _id: 1 } })) === null) await db.dropCollection(name);
  else
    await db.renameCollection(name, archiveName(name)).catch((error: unknown) => {
      throw hasCode(error, NAMESPACE_EXISTS) ? bothExist(name) : error;
    });
}

const bothExist = (name: string) =>
  new OperatorError(
    `${name} and ${archiveName(name)} both exist. Move the documents of one into the other, then drop it.`,
  );

/**
 * Replaces a collection's validator; `{}` accepts everything.
 * @throws {OperatorError} if stored documents break it, for they could not be changed any more. The validator then
 *   stays what it was, also if somebody wrote such a document at the last moment.
 */
export async function setValidator(db: Db, name: string, validator: Document): Promise<void> {
  await refuseBroken(db, name, validator);
  const previous = await validatorOf(db, name);
  try {
    await replaceValidator(db, name, validator);
    await refuseBroken(db, name, validator);
  } catch (error) {
    await replaceValidator(db, name, previous);
    throw error;
  }
}

/**
 * Lets documents of two shapes, and of all shapes between them, be written until `setValidator` ends that.
 * Where a migration changes or removes fields, this comes before the first and `setValidator` after the last.
 * @throws {OperatorError} if stored documents have neither shape
 */
export async function allowBoth(db: Db, name: string, before: Document, after: Document): Promise<void> {
  await setValidator(db, name, eitherValidator(before, after));
}

/** A plan judges this by its own rules: it knows what the migration would have done to the documents before. */
async function refuseBroken(db: Db, name: string, validator: Document): Promise<void> {
  if (runOf(db)?.plan !== undefined) return;
  await refuse(
    db.collection(name),
    { $nor: [validator] },
    'break the new validator',
    'Correct them, or convert them in an earlier migration, and run this again. The validator stays as it was',
  );
}

async function hasCollection(db: Db, name: string): Promise<boolean> {
  return db.listCollections({ name }, { nameOnly: true }).hasNext();
}
