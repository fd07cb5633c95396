import { BSON, type AnyBulkWriteOperation, type Collection, type Document } from 'mongodb';
import { isSame, readExactly } from './archives.ts';
import { counterpart, exchange, pick, valuesOf, type Pair, type Rule } from './counterparts.ts';

/** One direction of a conversion, on its way. */
export interface Work extends Rule {
  collection: Collection;
  archive: Collection;
  /** Matches documents of the old shape. */
  filter: Document;
  /** Which direction this is; an archive entry names the one that wrote it. */
  by: 'convert' | 'revert';
}

/** What is to be done about a batch: the entries of the archive, before the documents may be written. */
export interface Plan {
  keep: AnyBulkWriteOperation[];
  writes: AnyBulkWriteOperation[];
  refusals: Refusal[];
}

/** A document that cannot be converted. */
export interface Refusal {
  id: unknown;
  reason: string;
}

/** Plans the conversion of documents, as far as they still have the old shape. */
export async function planBatch(work: Work, batch: readonly Document[]): Promise<Plan> {
  const { collection, archive, filter, from, to, by } = work;
  const entries = await readExactly(archive, batch, ['was', 'now']);
  const pairs = new Map(entries.map((entry) => [keyOf(entry), toPair(entry)]));
  const plan: Plan = { keep: [], writes: [], refusals: [] };
  for (const document of await readExactly(collection, batch, [...from, ...to], filter)) {
    const id: unknown = document['_id'];
    try {
      const now = counterpart(document, pairs.get(keyOf(document)), work);
      plan.keep.push(entry(id, { was: pick(document, from), now }, by));
      plan.writes.push(exchange(document, now, work));
    } catch (error) {
      plan.refusals.push({ id, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return plan;
}

/**
 * Plans the return of what the other direction converted, for the documents that still have what it made.
 * Here the archive is written last: each of its entries is used once.
 */
export async function planRecall(work: Work, batch: readonly Document[]): Promise<Plan> {
  const { collection, archive, from, to, by } = work;
  const documents = await readExactly(collection, batch, [...from, ...to]);
  const byId = new Map(documents.map((document) => [keyOf(document), document]));
  const plan: Plan = { keep: [], writes: [], refusals: [] };
  for (const archived of await readExactly(archive, batch, ['was', 'now'])) {
    const { was, now } = toPair(archived);
    const document = byId.get(keyOf(archived));
    const returns = document !== undefined && isSame(pick(document, [...new Set([...from, ...to])]), now);
    const id: unknown = archived['_id'];
    plan.keep.push(returns ? entry(id, { was: now, now: was }, by) : entry(id, { was, now }, 'settled'));
    if (returns) plan.writes.push(exchange(document, was, work));
  }
  return plan;
}

const keyOf = ({ _id }: Document) => BSON.EJSON.stringify({ _id }, { relaxed: false });

/** Entries are lists of a path and a value: not every server accepts a dot in the name of a field. */
const toPair = ({ was, now }: Document): Pair => ({ was: valuesOf(was), now: valuesOf(now) });

function entry(_id: Document['_id'], { was, now }: Pair, by: Work['by'] | 'settled'): AnyBulkWriteOperation {
  const replacement = { was: Object.entries(was), now: Object.entries(now), by };
  return { replaceOne: { filter: { _id }, replacement, upsert: true } };
}
