import type { AnyBulkWriteOperation, Collection, Document, Filter } from 'mongodb';
import { showProgress } from '../../progress.ts';
import { DURABLE, projectionTo } from './archives.ts';
import { runOf } from '../run-context.ts';

interface Backfill {
  /** For the progress line, as `engines: adding lastFired`; no two backfills of a migration share it. */
  label: string;
  /** Matches the documents of the old shape, and no longer a document that has been converted. */
  filter: Filter<Document>;
  /** Fields that `convert` needs besides `_id`. */
  fields?: readonly string[];
  /** The writes for a batch. Each must leave alone a document that changed since it was read. */
  convert: (batch: readonly Document[]) => Promise<AnyBulkWriteOperation[]>;
  /** Documents of a batch; without it a batch is as large as its time allows. */
  batchSize?: number;
}

const FIRST_BATCH = 200;
const LEAST_BATCH = 20;
const MOST_BATCH = 5000;
/** Short enough for the API's own writes to come in between. */
const BATCH_MS = 100;
const PASSES = 10;

/**
 * Converts all documents of an old shape in batches, ordered by `_id`, while others go on writing.
 * Every batch is acknowledged by a majority, and noted in the journal, before the next is read; killed and resumed, it
 * goes on behind the last one that was noted.
 * @throws {Error} if documents of the old shape remain after ten passes
 */
export async function backfill(collection: Collection, options: Backfill): Promise<void> {
  const { label, filter } = options;
  const run = runOf(collection);
  const resumed = run?.checkpoint(label);
  const matching = await collection.countDocuments(filter);
  if (run?.plan) return run.plan(() => sampled(collection, options, matching));
  if (matching === 0) return;
  const start = { last: resumed?.last, done: resumed?.done ?? 0, total: matching + (resumed?.done ?? 0) };
  const progress = showProgress(label, start.total);
  progress.advance(start.done);
  try {
    let from = start;
    // Others may write the old shape behind the walk, or change a document between its read and its write.
    for (let pass = 0; pass < PASSES; pass += 1) {
      const { done } = await walk(collection, options, from, (items) => progress.advance(items));
      if ((await collection.findOne(filter, { projection: { _id: 1 } })) === null) return;
      from = { ...start, last: undefined, done };
    }
  } finally {
    progress.stop();
  }
  const left = await collection.countDocuments(filter);
  throw new Error(`${label}: ${left} documents still have the old shape. Run it again when fewer writers are active.`);
}

/** Reads and converts one batch, and writes nothing. */
async function sampled(collection: Collection, { label, filter, fields = [], convert }: Backfill, documents: number) {
  const startedAt = performance.now();
  const batch = await collection
    .find(filter, { projection: projectionTo(fields) })
    .limit(FIRST_BATCH)
    .toArray();
  const writes = batch.length > 0 ? await convert(batch) : [];
  const sample = { documents: batch.length, milliseconds: performance.now() - startedAt, writes };
  return { label, collection: collection.collectionName, documents, sample };
}

interface Position {
  /** `_id` of the last document that was looked at; `undefined` at the start. */
  last: unknown;
  done: number;
  total: number;
}

async function walk(
  collection: Collection,
  { label, filter, fields = [], convert, batchSize }: Backfill,
  start: Position,
  onBatch: (items: number) => void,
): Promise<Position> {
  const projection = projectionTo(fields);
  const run = runOf(collection);
  let size = batchSize ?? FIRST_BATCH;
  for (let position = start; ;) {
    const startedAt = performance.now();
    const { last } = position;
    const range: Document = last === undefined ? filter : { $and: [{ _id: { $gt: last } }, filter] };
    const batch = await collection.find(range, { projection }).sort({ _id: 1 }).limit(size).toArray();
    if (batch.length === 0) return position;
    const writes = await convert(batch);
    if (writes.length > 0) await collection.bulkWrite(writes, DURABLE);
    onBatch(batch.length);
    position = { ...position, last: batch.at(-1)?.['_id'], done: position.done + batch.length };
    if (batchSize === undefined) size = nextSize(size, performance.now() - startedAt);
    await run?.proceed(label, position);
  }
}

/** As many as would have taken BATCH_MS, but neither twice as many as before nor less than half of them. */
function nextSize(size: number, tookMs: number): number {
  const factor = Math.min(2, Math.max(0.5, BATCH_MS / tookMs));
  return Math.min(MOST_BATCH, Math.max(LEAST_BATCH, Math.round(size * factor)));
}
