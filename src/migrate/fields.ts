import type { AnyBulkWriteOperation, Db } from 'mongodb';
import { backfill } from './backfill.ts';

/** A field of the documents of one collection. */
interface FieldName {
  collection: string;
  field: string;
}

/** Values that `removeField` took away, by the `_id` of their document. Never dropped by a migration. */
const archiveOf = ({ collection, field }: FieldName) => `archive.${collection}.${field}`;

/**
 * Gives every document that lacks the field its archived value, or else the given one.
 * May be run again, and while others write.
 */
export async function addField(db: Db, name: FieldName & { value: unknown }): Promise<void> {
  const { collection, field, value } = name;
  const absent = { [field]: { $exists: false } };
  await backfill(db.collection(collection), {
    label: `${collection}: adding ${field}`,
    filter: absent,
    async convert(batch) {
      const ids = batch.map(({ _id }) => _id);
      const archived = await db
        .collection(archiveOf(name))
        .find({ _id: { $in: ids } })
        .toArray();
      const restored: AnyBulkWriteOperation[] = archived.map(({ _id, value: kept }) => ({
        updateOne: { filter: { _id, ...absent }, update: { $set: { [field]: kept } } },
      }));
      // The writes of an unordered batch may be done in any order, so the two must not overlap.
      const kept = new Set(archived.map(({ _id }) => String(_id)));
      const rest = ids.filter((id) => !kept.has(String(id)));
      return [
        ...restored,
        { updateMany: { filter: { _id: { $in: rest }, ...absent }, update: { $set: { [field]: value } } } },
      ];
    },
  });
}

/**
 * Takes the field away from every document and keeps its values for the next `addField`.
 * May be run again, and while others write: a value is removed only after that very value is in the archive.
 */
export async function removeField(db: Db, name: FieldName): Promise<void> {
  const { collection, field } = name;
  const archive = db.collection(archiveOf(name));
  await backfill(db.collection(collection), {
    label: `${collection}: removing ${field}`,
    filter: { [field]: { $exists: true } },
    fields: [field],
    async convert(batch) {
      const keep = batch.map(({ _id, [field]: value }) => ({
        replaceOne: { filter: { _id }, replacement: { value }, upsert: true },
      }));
      await archive.bulkWrite(keep, { ordered: false, writeConcern: { w: 'majority', journal: true } });
      return batch.map(({ _id, [field]: value }) => ({
        updateOne: { filter: { _id, [field]: { $eq: value } }, update: { $unset: { [field]: '' } } },
      }));
    },
  });
}
