import { BSON, type AnyBulkWriteOperation, type Collection, type Document } from 'mongodb';
import { messageOf } from '../../operator-error.ts';
import { isSame, readExactly } from './archives.ts';
import { counterpart, exchange, pick, valuesOf, type Pair, type Rule } from './counterparts.ts';

/** One direction of a conversion that is running. */
export interface Work extends Rule {
  collection: Collection;
  archive: Collection;
  /** Matches documents of the old shape. */
  filter: Document;
  /** The direction; every entry of the archive names the direction that wrote it. */
  by: 'convert' | 'revert';
}

/** What is to be written for a batch: entries of the archive, and documents. */
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

/**
 * Plans the conversion of the documents that still have the old shape. The archive is written before the documents.
 */
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
      plan.refusals.push({ id, reason: messageOf(error) });
    }
  }
  return plan;
}

/** A plan whose marks are written into the archive before anything else, for the run after a killed one. */
interface RecallPlan extends Plan {
  marks: AnyBulkWriteOperation[];
}

/** Finds the entries of the archive that `planRecall` deals with. */
export const recalledBy = (by: Work['by']): Document => ({ $or: [{ by: opposite(by) }, { returning: opposite(by) }] });

/**
 * Plans to bring back what the other direction converted, in the documents that still have the values that it wrote.
 * First the marks are written, then the documents, then the archive, so that each entry is used once. After a kill the
 * mark shows that a return has begun: the same direction finishes it, the other one undoes it.
 */
export async function planRecall(work: Work, batch: readonly Document[]): Promise<RecallPlan> {
  const { collection, archive, by } = work;
  const paths = [...new Set([...work.from, ...work.to])];
  const documents = await readExactly(collection, batch, paths);
  const byId = new Map(documents.map((document) => [keyOf(document), document]));
  const plan: Plan = { keep: [], writes: [], refusals: [] };
  const returning: Document['_id'][] = [];
  for (const archived of await readExactly(archive, batch, ['was', 'now', 'by', 'returning'])) {
    const { was, now } = toPair(archived);
    const document = byId.get(keyOf(archived));
    const present = document && pick(document, paths);
    const id: Document['_id'] = archived['_id'];
    if (archived['by'] === by) {
      plan.keep.push(entry(id, { was, now }, by));
      if (document && isSame(present, was)) plan.writes.push(exchange(document, now, work));
    } else if (document && isSame(present, now)) {
      returning.push(id);
      plan.keep.push(entry(id, { was: now, now: was }, by));
      plan.writes.push(exchange(document, was, work));
    } else {
      const hasReturned = archived['returning'] === by && isSame(present, was);
      plan.keep.push(hasReturned ? entry(id, { was: now, now: was }, by) : entry(id, { was, now }, 'settled'));
    }
  }
  const mark = { updateMany: { filter: { _id: { $in: returning } }, update: { $set: { returning: by } } } };
  return { ...plan, marks: returning.length === 0 ? [] : [mark] };
}

const opposite = (by: Work['by']): Work['by'] => (by === 'convert' ? 'revert' : 'convert');

const keyOf = ({ _id }: Document) => BSON.EJSON.stringify({ _id }, { relaxed: false });

/** The archive holds lists of pairs of a path and a value: not every server accepts a dot in the name of a field. */
const toPair = ({ was, now }: Document): Pair => ({ was: valuesOf(was), now: valuesOf(now) });

function entry(_id: Document['_id'], { was, now }: Pair, by: Work['by'] | 'settled'): AnyBulkWriteOperation {
  const replacement = { was: Object.entries(was), now: Object.entries(now), by };
  return { replaceOne: { filter: { _id }, replacement, upsert: true } };
}
