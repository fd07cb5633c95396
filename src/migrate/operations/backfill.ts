import type { AnyBulkWriteOperation, Collection, Document, Filter, UpdateFilter } from 'mongodb';
import { hasCode, INVALID_DOCUMENT } from '../../error-code.ts';
import { messageOf, OperatorError, sentence } from '../../operator-error.ts';
import { showProgress } from '../../progress.ts';
import { DURABLE, projectionTo } from './archives.ts';
import { runOf } from '../run/run-context.ts';

interface Target {
  /**
   * Names the backfill in the progress line and in the journal: `engines: adding lastFired`. Unique within a migration.
   */
  label: string;
  /** Matches the documents of the old shape, and no longer a document that has been converted. */
  filter: Filter<Document>;
  /** Documents of a batch; without it a batch is as large as its time allows. */
  batchSize?: number;
}

/** Where the writes depend on what was read. */
interface Conversion extends Target {
  /** Fields that `convert` needs besides `_id`. */
  fields?: readonly string[];
  /** The writes for a batch. Each must leave alone a document that changed since it was read. */
  convert: (batch: readonly Document[]) => Promise<AnyBulkWriteOperation[]>;
  update?: never;
}

/** Where all documents get the same update; then none is read, which is faster and lighter for everybody else. */
interface Update extends Target {
  update: UpdateFilter<Document> | Document[];
  fields?: never;
  convert?: never;
}

type Backfill = Conversion | Update;

/**
 * The first batch has this size, and none is smaller. Where each batch reads the whole collection, as on SecantusDB,
 * smaller ones would take longer in all.
 */
const LEAST_BATCH = 200;
/** More would take too much memory, where the documents of a batch are read. */
const MOST_READ = 5000;
const MOST_UPDATED = 20_000;
/** How long a batch takes, without a run that says so. */
const BATCH_MS = 100;
const PASSES = 10;

/**
 * Converts all documents of an old shape in batches, ordered by `_id`, while others go on writing. A majority
 * acknowledges every batch before the next one is read, and the journal notes how far the backfill came: killed and
 * resumed, it goes on from there.
 * @throws {Error} if documents of the old shape remain after ten passes
 * @throws {OperatorError} if the new validator refuses a document
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
  progress.advance(start.done, true);
  try {
    let from = start;
    // Others may write documents of the old shape that this pass is past, or change one between its read and its write.
    for (let pass = 0; pass < PASSES; pass += 1) {
      const { done } = await walk(collection, options, { from, isFirst: pass === 0 }, (items) =>
        progress.advance(items),
      );
      if ((await collection.findOne(filter, { projection: { _id: 1 } })) === null) return await run?.end?.(label);
      from = { ...start, last: undefined, done };
    }
  } finally {
    progress.stop();
  }
  const left = await collection.countDocuments(filter);
  throw new Error(`${label}: ${left} documents still have the old shape. Run it again when fewer writers are active.`);
}

/** Reads and converts one batch, and writes nothing. */
async function sampled(collection: Collection, options: Backfill, documents: number) {
  const { label, filter } = options;
  const startedAt = performance.now();
  const batch = await read(collection, options, filter, LEAST_BATCH).toArray();
  const writes = batch.length === 0 ? [] : await writesFor(batch, options);
  const sample = { documents: batch.length, milliseconds: performance.now() - startedAt, writes };
  return { label, collection: collection.collectionName, filter, documents, sample };
}

const writesFor = async (batch: readonly Document[], { filter, convert, update }: Backfill) =>
  convert ? convert(batch) : [{ updateMany: { filter, update } }];

interface Position {
  /** `_id` of the last document that was looked at; `undefined` at the start. */
  last: unknown;
  done: number;
  total: number;
}

async function walk(
  collection: Collection,
  options: Backfill,
  { from, isFirst }: { from: Position; isFirst: boolean },
  onBatch: (items: number) => void,
): Promise<Position> {
  const { label, batchSize } = options;
  const run = runOf(collection);
  const limits = { batchMs: run?.batchMs ?? BATCH_MS, most: options.convert ? MOST_READ : MOST_UPDATED };
  let size = batchSize ?? LEAST_BATCH;
  // While most documents have the old shape, the index on _id alone tells where a batch ends.
  let isDense = isFirst;
  for (let position = from; ;) {
    const startedAt = performance.now();
    const { items, last } = await (options.convert
      ? convertBatch(collection, options, position.last, size)
      : updateBatch(collection, options, position.last, size, isDense));
    isDense &&= items > size / 2;
    position = { ...position, last: last ?? position.last, done: position.done + items };
    if (batchSize === undefined) size = nextSize(size, performance.now() - startedAt, limits);
    if (items > 0) await run?.proceed(label, position);
    onBatch(items);
    if (last === undefined) return position;
  }
}

/** The result of a batch. */
interface Done {
  items: number;
  /** `_id` of its last document; absent where no document comes after it. */
  last?: unknown;
}

async function convertBatch(collection: Collection, options: Conversion, last: unknown, size: number): Promise<Done> {
  const batch = await read(collection, options, behind(options.filter, last), size).sort({ _id: 1 }).toArray();
  const writes = batch.length === 0 ? [] : await options.convert(batch);
  if (writes.length > 0) await write(collection, options, writes);
  return { items: batch.length, last: batch.at(-1)?.['_id'] };
}

/** Only where the batch ends is read. */
async function updateBatch(
  collection: Collection,
  options: Update,
  last: unknown,
  size: number,
  isDense: boolean,
): Promise<Done> {
  const filter = behind(options.filter, last);
  const [end] = await read(collection, options, isDense ? behind({}, last) : filter, 1)
    .sort({ _id: 1 })
    .skip(size - 1)
    .toArray();
  const batch = end ? { $and: [{ _id: { $lte: end['_id'] } }, filter] } : filter;
  const { matchedCount } = await write(collection, options, [
    { updateMany: { filter: batch, update: options.update } },
  ]);
  return { items: matchedCount, last: end?.['_id'] };
}

/** @throws {OperatorError} if the validator refuses a document */
async function write(collection: Collection, { label }: Target, writes: AnyBulkWriteOperation[]) {
  return collection.bulkWrite(writes, DURABLE).catch((error: unknown) => {
    if (!hasCode(error, INVALID_DOCUMENT)) throw error;
    throw new OperatorError(
      `${label}: the new validator refuses some documents: ${sentence(messageOf(error))} Correct them and run this again. ` +
        'Other documents may be converted already, and nothing is lost.',
    );
  });
}

const behind = (filter: Filter<Document>, last: unknown): Document =>
  last === undefined ? filter : { $and: [{ _id: { $gt: last } }, filter] };

const read = (
  collection: Collection,
  { fields = [] }: { fields?: readonly string[] },
  filter: Filter<Document>,
  limit: number,
) => collection.find(filter, { projection: projectionTo(fields), limit, batchSize: limit });

/** As many as would have taken that long, but no more than twice as many as before, and no less than half of them. */
function nextSize(size: number, tookMs: number, { batchMs, most }: { batchMs: number; most: number }): number {
  const factor = Math.min(2, Math.max(0.5, batchMs / tookMs));
  return Math.min(most, Math.max(LEAST_BATCH, Math.round(size * factor)));
}
