import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { setValidator } from './collections.ts';
import { parents } from './paths.ts';
import { replaceValidator, validatorOf } from './replace-validator.ts';
import { editAt, objectAround, withOptional, withRequired, withSchema, withoutField } from './schema-edits.ts';
import { eitherValidator } from './validators.ts';

/** Changes of a validator's JSON Schema; the rest of the validator stays. Fields are named by their dotted paths. */
export interface ValidatorEdit {
  /** The new schema of fields: the whole one of each. */
  set?: Readonly<Record<string, Document>>;
  /** Fields that the schema does not name any more. */
  unset?: readonly string[];
  /** Fields that may not be absent any more, and fields that may be absent now. */
  required?: readonly string[];
  optional?: readonly string[];
  /** Whether a document may have fields that the schema does not name. */
  otherFields?: 'allowed' | 'refused';
}

/**
 * Edits the validator of a collection. While the steps change documents, documents of both shapes and between them are
 * accepted, as with `allowBoth`; afterwards only documents that fit the new validator. May be run again after it was
 * killed.
 * @throws {OperatorError} if stored documents break the new validator after the steps, or a path leads through an
 *   object that the validator does not name
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
 * The validator while the steps of an edit run. If `before` is edited already, because the edit is run again or undone
 * before it began, it does not show the earlier rules: then the fields that the edit names may have any value.
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
 * The validator after an edit. The result is the same for the validator before, for the result itself, and for what
 * `opened` makes of them.
 * @throws {OperatorError} if a path leads through an object that the validator does not name
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
    `The validator of ${collection} names no object ${parents(path)[0]}, so ${path} cannot be changed in it. ` +
      `Set the whole object, with editValidator().`,
  );
