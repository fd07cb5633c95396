import type { Document as Stored } from 'mongodb';
import { Document, Schema, type Query } from 'mongoose';
import type { UpdateOperators } from './update-operators.ts';
import type { Field } from './field.ts';
import { readFields } from './fields.ts';
import { SEARCH, searchablePaths, TOKENS, withSearch, withSearchChanges } from './search.ts';

/**
 * A Mongoose plugin that adds search tokens, made from the fields that a schema marks `searchable`, and their index.
 * Writes by Mongoose keep the tokens right. A write that could make them wrong throws an Error before it begins.
 */
export function searchable(schema: Schema): void {
  // The fields are read when they are first needed, because the schema may not be complete yet.
  let known: Searched | undefined;
  const searched = () => (known ??= searchedOf(readFields(schema)));
  const search = new Schema({ of: Schema.Types.Mixed, tokens: [String] }, { _id: false });
  schema.add({ [SEARCH]: { type: search, select: false } });
  schema.index({ [TOKENS]: 1, _id: 1 });
  schema.pre(['validate', 'save'], function () {
    completeDocument(searched(), this);
  });
  schema.pre(['updateOne', 'updateMany', 'findOneAndUpdate'], function () {
    completeUpdate(searched(), this);
  });
  schema.pre(['replaceOne', 'findOneAndReplace'], function () {
    const update = Object(this.getUpdate());
    // The new model has the defaults that will be stored.
    const replacement: Stored = new this.model(update).toObject();
    this.setUpdate({ ...update, [SEARCH]: withSearch(searched().fields, replacement)[SEARCH] });
  });
  schema.pre('insertMany', (documents: unknown) => {
    // With `lean` the documents are stored as they are, without any other hook. The driver adds the _id in the same way.
    for (const document of [documents].flat())
      if (!(document instanceof Document))
        Object.assign(Object(document), withSearch(searched().fields, Object(document)));
  });
  schema.pre('bulkWrite', (operations: unknown) => {
    const writes: unknown[] = Array.isArray(operations) ? operations : [];
    const { paths } = searched();
    if (!writes.every((write) => isComplete(paths, write)))
      throw refusal(`bulkWrite() of ${paths.join(', ')}`, 'use insertMany() or bulkSave()');
  });
}

/** A model's fields, and the paths of the searchable ones. */
interface Searched {
  fields: readonly Field[];
  paths: readonly string[];
}

const searchedOf = (fields: readonly Field[]): Searched => ({ fields, paths: searchablePaths(fields) });

const refusal = (what: string, instead: string) => new Error(`${what} would make search tokens wrong; ${instead}.`);

/** Writes all searchable fields together, so that they fit the tokens even if somebody else writes one of them. */
function completeDocument({ fields, paths }: Searched, document: Document<unknown>): void {
  const { isNew } = document;
  if (!isNew && !paths.some((path) => document.isModified(path))) return;
  const unread = paths.find((path) => !isNew && !document.isSelected(path));
  if (unread !== undefined)
    throw refusal(`save() of a document read without ${unread}`, `read ${paths.join(', ')} too`);
  document.set(SEARCH, withSearch(fields, document.toObject())[SEARCH]);
  if (!isNew) for (const path of paths) document.markModified(path);
}

function completeUpdate({ fields, paths }: Searched, query: Query<unknown, unknown>): void {
  const names = paths.join(', ');
  const update = query.getUpdate();
  if (Array.isArray(update)) throw refusal('an update by a pipeline', `set ${names} with $set`);
  const { changes, otherPaths } = partsOf(Object(update));
  if (paths.some((path) => otherPaths.some((other) => overlap(path, other))))
    throw refusal('this update', `set ${names} with $set`);
  const complete = withSearchChanges(fields, changes);
  if (typeof complete === 'function')
    throw refusal('an update of one searchable field', `set all of ${names}, or use save()`);
  const search: unknown = complete.$set[SEARCH];
  if (complete !== changes) query.set(SEARCH, search);
  else if (query.getOptions().upsert) throw refusal('an upsert', `set ${names} with $set`);
}

/** What an update sets and unsets, and the paths that it changes in another way. Mongoose treats plain fields as `$set`. */
function partsOf(update: Stored): { changes: UpdateOperators; otherPaths: string[] } {
  const { $set, $unset, ...rest } = update;
  const plain = Object.entries(rest).filter(([name]) => !name.startsWith('$'));
  const operators = Object.entries(rest).filter(([name]) => name.startsWith('$'));
  return {
    changes: { $set: { ...Object.fromEntries(plain), ...$set }, $unset: { ...$unset } },
    otherPaths: operators.flatMap(([name, one]) => [
      ...Object.keys(Object(one)),
      ...(name === '$rename' ? Object.values(Object(one)).map(String) : []),
    ]),
  };
}

const overlap = (left: string, right: string) =>
  left === right || left.startsWith(`${right}.`) || right.startsWith(`${left}.`);

/** Whether an operation of `bulkWrite` writes no searchable field, or writes the tokens too, as `bulkSave` does. */
function isComplete(paths: readonly string[], write: unknown): boolean {
  const { insertOne, replaceOne, updateOne, updateMany } = Object(write);
  const document: unknown = insertOne?.document ?? replaceOne?.replacement;
  if (document !== undefined) return SEARCH in Object(document);
  const one: unknown = updateOne ?? updateMany;
  if (one === undefined) return true;
  const { update, upsert } = Object(one);
  if (Array.isArray(update)) return false;
  const { changes, otherPaths } = partsOf(Object(update));
  const written = [...Object.keys(changes.$set), ...Object.keys(changes.$unset), ...otherPaths];
  const touches = written.some((name) => paths.some((path) => overlap(path, name)));
  return SEARCH in changes.$set || !(touches || upsert);
}
