import type { AnyBulkWriteOperation, Collection, Document, Filter, ObjectId } from 'mongodb';
import { showProgress } from '../progress.ts';

interface Backfill {
  /** For the progress line, as `engines: adding lastFired`. */
  label: string;
  /** Matches the documents of the old shape, and no longer a document that has been converted. */
  filter: Filter<Document>;
  /** Fields that `convert` needs besides `_id`. */
  fields?: readonly string[];
  /** The writes for a batch. Each must leave alone a document that changed since it was read. */
  convert: (batch: readonly Document[]) => Promise<AnyBulkWriteOperation[]>;
  batchSize?: number;
}

const BATCH_SIZE = 1000;
const PASSES = 10;

/**
 * Converts all documents of an old shape in batches, ordered by `_id`, while others go on writing.
 * Every batch is acknowledged by a majority before the next is read. Killed and run again, it goes on with what is left.
 * @throws {Error} if documents of the old shape remain after ten passes
 */
export async function backfill(collection: Collection, options: Backfill): Promise<void> {
  const { label, filter } = options;
  const matching = await collection.countDocuments(filter);
  if (matching === 0) return;
  const progress = showProgress(label, matching);
  try {
    // Others may write the old shape behind the walk, or change a document between its read and its write.
    for (let pass = 0; pass < PASSES; pass += 1) {
      await walk(collection, options, (items) => progress.advance(items));
      if ((await collection.findOne(filter, { projection: { _id: 1 } })) === null) return;
    }
  } finally {
    progress.stop();
  }
  const left = await collection.countDocuments(filter);
  throw new Error(`${label}: ${left} documents still have the old shape. Run it again when fewer writers are active.`);
}

async function walk(collection: Collection, options: Backfill, onBatch: (items: number) => void): Promise<void> {
  const { filter, fields = [], convert, batchSize = BATCH_SIZE } = options;
  const projection = Object.fromEntries(['_id', ...fields].map((field) => [field, 1]));
  let last: ObjectId | undefined;
  for (;;) {
    const range: Filter<Document> = last === undefined ? filter : { $and: [{ _id: { $gt: last } }, filter] };
    const batch = await collection.find(range, { projection }).sort({ _id: 1 }).limit(batchSize).toArray();
    if (batch.length === 0) return;
    const writes = await convert(batch);
    if (writes.length > 0)
      await collection.bulkWrite(writes, { ordered: false, writeConcern: { w: 'majority', journal: true } });
    onBatch(batch.length);
    last = batch.at(-1)?._id;
  }
}
