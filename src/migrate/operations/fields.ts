import { BSON, type AnyBulkWriteOperation, type Db, type Document, type Filter, type UpdateFilter } from 'mongodb';
import { valueAt } from '../../document.ts';
import { recordRename } from '../../renames.ts';
import { archiveName, DURABLE, readExactly } from './archives.ts';
import { backfill } from './backfill.ts';
import { editValidator } from './edit-validator.ts';
import { checkPaths, dropEmptyParents, parents, refuse, typeOf } from './paths.ts';

/** A field of the documents of one collection; `nozzle.ratio` is one within an object. */
interface FieldName {
  collection: string;
  field: string;
}

/**
 * Gives a value to every document that lacks the field: the value that `removeField` took from it, or else the given
 * one, if any. A field within an object is given only to documents that have the object. May be run again, and while
 * others write.
 */
export async function addField(db: Db, name: FieldName & { value?: unknown }): Promise<void> {
  const { collection, field, value } = name;
  const documents = db.collection(collection);
  await checkPaths(documents, [field]);
  const absent = lacks(field);
  await restoreField(db, name, absent);
  if (value === undefined) return;
  const update = { $set: { [field]: value } };
  await backfill(documents, { label: `${collection}: adding ${field}`, filter: absent, update });
}

function lacks(field: string): Filter<Document> {
  const [parent] = parents(field);
  const absent = { [field]: { $exists: false } };
  return parent === undefined ? absent : { ...absent, $expr: { $eq: [typeOf(parent), 'object'] } };
}

/**
 * Each entry of the archive is used once: a value that somebody removes later stays removed. So no document may be missed, as
 * the router of a sharded cluster may miss some in an update of many while documents move from shard to shard.
 */
async function restoreField(db: Db, { collection, field }: FieldName, absent: Filter<Document>): Promise<void> {
  const archive = db.collection(archiveName(collection, field));
  const { msg } = await db.command({ hello: 1 });
  const isRouter = msg === 'isdbgrid';
  await backfill(archive, {
    label: `${collection}: bringing back ${field}`,
    filter: { restored: { $exists: false } },
    async convert(batch) {
      const kept = await readExactly(archive, batch, ['value']);
      const updateFor = (value: unknown) => ({ filter: absent, update: { $set: { [field]: value } } });
      const writes = updatesByValue(kept, updateFor, isRouter);
      if (writes.length > 0) await db.collection(collection).bulkWrite(writes, DURABLE);
      const ids = kept.map(({ _id }) => _id);
      return [{ updateMany: { filter: { _id: { $in: ids } }, update: { $set: { restored: true } } } }];
    },
  });
}

/**
 * Removes the field from every document, and keeps its values in `archive.<collection>.<field>` for the next
 * `addField`. May be run again, and while others write: a value is removed only after that very value is in the
 * archive.
 */
export async function removeField(db: Db, { collection, field }: FieldName): Promise<void> {
  const documents = db.collection(collection);
  await checkPaths(documents, [field]);
  const archive = db.collection(archiveName(collection, field));
  await backfill(documents, {
    label: `${collection}: removing ${field}`,
    filter: { [field]: { $exists: true } },
    async convert(batch) {
      const read = await readExactly(documents, batch, [field]);
      const found = read.flatMap((document) => {
        const value = valueAt(document, field);
        return value === undefined ? [] : [{ _id: document['_id'], value }];
      });
      if (found.length === 0) return [];
      const ids = found.map(({ _id }) => _id);
      const isNew = (await archive.findOne({ _id: { $in: ids } }, { projection: { _id: 1 } })) === null;
      const keep = found.map(({ _id, value }) =>
        isNew
          ? { insertOne: { document: { _id, value } } }
          : { replaceOne: { filter: { _id }, replacement: { value }, upsert: true } },
      );
      await archive.bulkWrite(keep, DURABLE);
      const update = { $unset: { [field]: '' } };
      return updatesByValue(found, (value) => ({ filter: { [field]: { $eq: value } }, update }));
    },
  });
}

/**
 * Makes one update for all documents that have the same value: many times as fast as one for each document.
 * @param areSingle whether each document gets an update of its own all the same
 */
function updatesByValue(
  documents: readonly Document[],
  updateFor: (value: unknown) => { filter: Filter<Document>; update: UpdateFilter<Document> },
  areSingle = false,
): AnyBulkWriteOperation[] {
  const groups = new Map<unknown, Document[]>();
  for (const document of documents) {
    const bytes = Buffer.from(BSON.serialize({ value: document['value'] })).toString('latin1');
    const key = areSingle ? document : bytes;
    const group = groups.get(key);
    if (group) group.push(document);
    else groups.set(key, [document]);
  }
  return [...groups.values()].map((group) => {
    const { filter, update } = updateFor(group[0]?.['value']);
    const [_id, ...others] = group.map((document) => document['_id']);
    return others.length === 0
      ? { updateOne: { filter: { _id, ...filter }, update } }
      : { updateMany: { filter: { _id: { $in: [_id, ...others] }, ...filter }, update } };
  });
}

/**
 * Moves a field to another name, or into or out of an object. An object that becomes empty is removed: so an object
 * that was empty before a field moved into it does not come back when the field moves out. No value is lost with it.
 * The history of documents is read by the new name from then on. To undo it, call it with `from` and `to` exchanged.
 * May be run again, and while others write.
 * @throws {OperatorError} if documents have another value in the place of `to`; the field of the others may be moved,
 *   and nothing is lost
 */
export async function renameField(db: Db, change: { collection: string; from: string; to: string }): Promise<void> {
  const { from, to } = change;
  const collection = db.collection(change.collection);
  await checkPaths(collection, [from, to]);
  const clashes = { [from]: { $exists: true }, $expr: { $or: [differ(from, to), ...parents(to).map(isNoObject)] } };
  const refuseClashes = async () =>
    refuse(
      collection,
      clashes,
      `cannot have ${from} renamed to ${to}, because they have another value in its place`,
      `Decide which value is right, remove the other one and run this again. Nothing is lost`,
    );
  await refuseClashes();
  // Recorded before the first write too: an API that knows the new name reads history meanwhile.
  await recordRename(db, change);
  const move = [{ $set: { [to]: `$${from}` } }, { $unset: [from] }, ...dropEmptyParents(from, [to])];
  const ready = { [from]: { $exists: true }, $nor: [clashes] };
  await backfill(collection, {
    label: `${change.collection}: renaming ${from} to ${to}`,
    filter: ready,
    update: move,
  });
  await refuseClashes();
  await recordRename(db, change);
}

/** Whether the values differ, or their types: an int 5 is not a double 5. */
const differ = (from: string, to: string) => ({
  $and: [
    { $ne: [typeOf(to), 'missing'] },
    {
      $ne: [
        [`$${from}`, typeOf(from)],
        [`$${to}`, typeOf(to)],
      ],
    },
  ],
});

const isNoObject = (path: string) => ({ $not: [{ $in: [typeOf(path), ['missing', 'object']] }] });

/** A field in the documents and in the validator of its collection. */
interface Field extends FieldName {
  /** Its schema in the validator. */
  schema: Document;
  /** Whether a document must have it from now on; without this, as before. */
  required?: boolean;
  /** The value that documents without the field get, unless `unsetField` took one from them. */
  value?: unknown;
}

/**
 * Adds a field to a collection, or gives a field another schema: in the validator, and in every document that lacks the
 * field. `unsetField` undoes the first, `setField` with the earlier schema the second. May be run again, and while
 * others write documents with the field or without it.
 * @throws {OperatorError} if documents then break the validator, or the validator does not name the object around the
 *   field
 */
export async function setField(db: Db, { schema, required, ...field }: Field): Promise<void> {
  const { collection, field: path } = field;
  const edit = {
    set: { [path]: schema },
    ...(required !== undefined && { [required ? 'required' : 'optional']: [path] }),
  };
  await editValidator(db, collection, edit, async () => addField(db, field));
}

/**
 * Removes a field from a collection: from the validator, and from every document, as `removeField` does.
 * `setField` brings it back with its values. May be run again, and while others write.
 */
export async function unsetField(db: Db, name: FieldName): Promise<void> {
  const { collection, field } = name;
  await editValidator(db, collection, { unset: [field] }, async () => removeField(db, name));
}
