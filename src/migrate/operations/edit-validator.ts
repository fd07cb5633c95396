import type { Db, Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { setValidator } from './collections.ts';
import { parents, valueAt } from './paths.ts';
import { replaceValidator, validatorOf } from './replace-validator.ts';
import { eitherValidator, listOf } from './validators.ts';

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
    await replaceValidator(db, collection, eitherValidator(before, after));
    await steps();
  }
  await setValidator(db, collection, after);
}

/**
 * A validator after an edit: the same from the one before, from itself, and from one that accepts both.
 * @throws {OperatorError} if an object that a path leads through is not in it
 */
export function edited(validator: Document, edit: ValidatorEdit, collection: string): Document {
  const { set = {}, unset = [], required = [], optional = [], otherFields } = edit;
  const { $jsonSchema = {}, ...conditions } = validator;
  let schema: Document = $jsonSchema;
  const change = (path: string, how: Change) => (schema = within(schema, path.split('.'), how));
  for (const path of unset) if (isReachable(schema, path)) change(path, forget);
  for (const [path, own] of Object.entries(set)) {
    if (!isReachable(schema, path)) throw unreachable(collection, path);
    change(path, declare(own));
  }
  for (const path of optional) if (isReachable(schema, path)) change(path, permit);
  for (const path of required) {
    if (!isReachable(schema, path)) throw unreachable(collection, path);
    change(path, demand);
  }
  const { additionalProperties: _others, ...open } = schema;
  if (otherFields === 'allowed') schema = open;
  if (otherFields === 'refused') schema = { ...open, additionalProperties: false };
  return { ...conditions, ...(Object.keys(schema).length > 0 && { $jsonSchema: schema }) };
}

/** What happens to a field within the schema of its object. */
type Change = (object: Document, name: string) => Document;

const declare =
  (schema: Document): Change =>
  (object, name) => ({ ...object, properties: { ...object['properties'], [name]: schema } });

const demand: Change = (object, name) => {
  const names = listOf(object['required']);
  return names.includes(name) ? object : { ...object, required: [...names, name] };
};

const permit: Change = (object, name) => {
  const { required, ...rest } = object;
  const names = listOf(required).filter((one) => one !== name);
  return names.length > 0 ? { ...object, required: names } : rest;
};

const forget: Change = (object, name) => {
  const { [name]: _gone, ...properties } = object['properties'] ?? {};
  return permit(object['properties'] === undefined ? object : { ...object, properties }, name);
};

function within(schema: Document, [name = '', ...rest]: string[], change: Change): Document {
  if (rest.length === 0) return change(schema, name);
  return declare(within(schema['properties'][name], rest, change))(schema, name);
}

function isReachable(schema: Document, path: string): boolean {
  return parents(path).every((parent) => {
    const object: unknown = valueAt(schema, `properties.${parent.replaceAll('.', '.properties.')}`);
    const { bsonType = 'object' } = Object(object);
    return object !== undefined && [bsonType].flat().includes('object');
  });
}

const unreachable = (collection: string, path: string) =>
  new OperatorError(
    `The validator of ${collection} has no object ${parents(path)[0]}, so that ${path} cannot be changed in it. ` +
      `Set the object as a whole, with editValidator().`,
  );
