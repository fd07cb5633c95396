import type { Collection, Db, Document } from 'mongodb';
import { hasCode } from '../../error-code.ts';
import { messageOf, OperatorError, sentence } from '../../operator-error.ts';

/** MongoDB has the level `constraint` from this version on. See "Specify Validation Level" in its manual. */
const FIRST_VERSION = 9;
/** The option is not supported with the current feature compatibility version. */
const INVALID_OPTIONS = 72;
const DOCUMENTS_VIOLATE = 12_370_902;

/** Notes the collections that have the level `strict` only until a change of their rules is done. */
const loweredIn = (db: Db): Collection<{ _id: string }> => db.collection('migration_lowered_levels');

/**
 * Sets the validator of a collection, strictly; no other code of a migration sends a collMod. `{}` accepts everything.
 * MongoDB does not change the rules of a collection at the level `constraint`: such a collection gets the level
 * `strict` meanwhile, and `constraint` again at the end, also if this is killed and run again.
 * @throws {OperatorError} if stored documents break the validator, so that it cannot have the level `constraint` again
 */
export async function replaceValidator(db: Db, collection: string, validator: Document): Promise<void> {
  const { validationLevel, isPrepared } = await stateOf(db, collection);
  const lowered = loweredIn(db);
  const isConstraint =
    validationLevel === 'constraint' || isPrepared || (await lowered.findOne({ _id: collection })) !== null;
  if (isConstraint) await lowered.replaceOne({ _id: collection }, {}, { upsert: true });
  if (isPrepared) await modify(db, collection, { prepareConstraintValidationLevel: false });
  await modify(db, collection, { validator, validationLevel: 'strict', validationAction: 'error' });
  if (!isConstraint) return;
  await constrain(db, collection);
  await lowered.deleteOne({ _id: collection });
}

/**
 * Sets how strictly the validator of a collection is applied. At `constraint` MongoDB 9.0 guarantees that every stored
 * document satisfies it; on a server without that level it is `strict`. Call this last in a migration, because the
 * server then reads the whole collection. Later changes of the rules keep the level.
 * @throws {OperatorError} if stored documents break the validator, or the server does not let newer features be used
 */
export async function setValidationLevel(db: Db, collection: string, level: 'strict' | 'constraint'): Promise<void> {
  const { validationLevel, isPrepared } = await stateOf(db, collection);
  await loweredIn(db).deleteOne({ _id: collection });
  if (validationLevel === level && !isPrepared) return;
  await modify(db, collection, { validationLevel: 'strict', validationAction: 'error' });
  if (level === 'constraint' && (await hasConstraints(db))) await constrain(db, collection);
  else if (isPrepared) await modify(db, collection, { prepareConstraintValidationLevel: false });
}

/**
 * The validator that a collection has now, `{}` if none, with its numbers in their BSON types, so that it can be set
 * again.
 */
export async function validatorOf(db: Db, collection: string): Promise<Document> {
  return (await stateOf(db, collection)).validator;
}

/** `isPrepared`: the level `constraint` is prepared, and the rules cannot change then either. */
async function stateOf(db: Db, name: string) {
  const exactly = { nameOnly: false, promoteLongs: false, bsonRegExp: true } as const;
  const [found] = await db.listCollections({ name }, exactly).toArray();
  const {
    validator = {},
    validationLevel,
    prepareConstraintValidationLevel: isPrepared = false,
  }: Document = found?.options ?? {};
  return { validator, validationLevel, isPrepared: isPrepared === true };
}

/** Whether the server has the level `constraint`. */
export async function hasConstraints(db: Db): Promise<boolean> {
  const { version } = await db.command({ buildInfo: 1 });
  return Number.parseInt(String(version), 10) >= FIRST_VERSION;
}

/** Raises the level from `strict` to `constraint`. */
async function constrain(db: Db, collection: string): Promise<void> {
  await modify(db, collection, { prepareConstraintValidationLevel: true }).catch((error: unknown) => {
    if (!hasCode(error, INVALID_OPTIONS)) throw error;
    throw new OperatorError(
      `The validation level of ${collection} cannot be "constraint": ${sentence(messageOf(error))} Raise the server's ` +
        'featureCompatibilityVersion to 9.0 and run this again.',
    );
  });
  await modify(db, collection, { validationLevel: 'constraint' }).catch(async (error: unknown) => {
    if (!hasCode(error, DOCUMENTS_VIOLATE)) throw error;
    await modify(db, collection, { prepareConstraintValidationLevel: false });
    throw new OperatorError(
      `The validation level of ${collection} cannot be "constraint": ${sentence(messageOf(error))} ` +
        'Correct these documents and run this again.',
    );
  });
}

const modify = (db: Db, collection: string, options: Document) => db.command({ collMod: collection, ...options });
