import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { setValidator } from './collections.ts';
import { parents } from './paths.ts';
import { replaceValidator, validatorOf } from './replace-validator.ts';
import { editAt, objectAround, withOptional, withRequired, withSchema, withoutField } from './schema-edits.ts';
import { eitherValidator } from './validators.ts';

/** What becomes of a validator's JSON Schema; all else in it stays. Fields are named by their dotted paths. */
export interface ValidatorEdit {
  /** What a field is from now on: the whole schema of it. */
  set?: Readonly<Record<string, Document>>;
  /** Fields that are named no longer. */
  unset?: readonly string[];
  /** Fields that may not be absent, and some that may. */
  required?: readonly string[];
  optional?: readonly string[];
  /** Whether a document may have other fields than those that are named. */
  otherFields?: 'allowed' | 'refused';
}

/**
 * Edits the validator that a collection has. While the steps change documents, what it was and what it becomes are both
 * accepted, and all between, as `allowBoth` does; afterwards only what it becomes.
 * May be run again: killed half-way, it goes on from the validator that it left behind.
 * @throws {OperatorError} if stored documents break the validator after the steps, or an object that a path leads through
 *   is not in it
 */
export async function editValidator(
  db: Db,
  collection: string,
  edit: ValidatorEdit,
  steps?: () => Promise<void>,
): Promise<void> {
  const before = await validatorOf(db, collection);
  const after = edited(before, edit, collection);
  if (steps !== undefined) {
    await replaceValidator(db, collection, opened(before, after, edit, collection));
    await steps();
  }
  await setValidator(db, collection, after);
}

/**
 * A validator for the time of an edit's steps. One that is edited already does not show what it was: by a change that is
 * run again, or taken back before it began, documents may then take any shape in what the edit names.
 */
export function opened(before: Document, after: Document, edit: ValidatorEdit, collection: string): Document {
  if (!isDeepStrictEqual(before, after)) return eitherValidator(before, after);
  const { set = {}, unset = [], required: optional = [], otherFields } = edit;
  const isRefused = (path: string) =>
    objectAround(after['$jsonSchema'] ?? {}, path)?.['additionalProperties'] !== undefined;
  const named = [...Object.keys(set), ...unset.filter(isRefused)];
  const anything = Object.fromEntries(named.map((path) => [path, {}]));
  return edited(after, { set: anything, optional, ...(otherFields && { otherFields: 'allowed' }) }, collection);
}

/**
 * A validator after an edit: the same from the one before, from itself, and from the one that was opened.
 * @throws {OperatorError} if an object that a path leads through is not in it
 */
export function edited(validator: Document, edit: ValidatorEdit, collection: string): Document {
  const { set = {}, unset = [], required = [], optional = [], otherFields } = edit;
  const { $jsonSchema = {}, ...conditions } = validator;
  let schema: Document = $jsonSchema;
  for (const path of unset) if (objectAround(schema, path)) schema = editAt(schema, path, withoutField);
  for (const [path, own] of Object.entries(set)) {
    if (objectAround(schema, path) === undefined) throw unreachable(collection, path);
    schema = editAt(schema, path, withSchema(own));
  }
  for (const path of optional) if (objectAround(schema, path)) schema = editAt(schema, path, withOptional);
  for (const path of required) {
    if (objectAround(schema, path) === undefined) throw unreachable(collection, path);
    schema = editAt(schema, path, withRequired);
  }
  const { additionalProperties: _others, ...open } = schema;
  if (otherFields === 'allowed') schema = open;
  if (otherFields === 'refused') schema = { ...open, additionalProperties: false };
  return { ...conditions, ...(Object.keys(schema).length > 0 && { $jsonSchema: schema }) };
}

const unreachable = (collection: string, path: string) =>
  new OperatorError(
    `The validator of ${collection} has no object ${parents(path)[0]}, so that ${path} cannot be changed in it. ` +
      `Set the object as a whole, with editValidator().`,
  );
