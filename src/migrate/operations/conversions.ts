import type { Collection, Db, Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { recordRename } from '../../renames.ts';
import { archiveName, DURABLE } from './archives.ts';
import { backfill } from './backfill.ts';
import { planBatch, planRecall, recalledBy, type Plan, type Refusal, type Work } from './conversion-plan.ts';
import type { Values } from './counterparts.ts';
import { checkPaths, parents, refuse, typeOf } from './paths.ts';

/** BSON types by the path of a field, named as MongoDB's `$type` names them; `missing` where it may be absent. */
type Types = Readonly<Record<string, string | readonly string[]>>;

/**
 * How some fields of a document become others, and back. One field may be on both sides with different types.
 * A change that a document does not show, such as another unit, needs a new name for the field.
 */
export interface Conversion {
  collection: string;
  /** Names the archive of the originals, `archive.<collection>.<name>`; no two changes of a collection share it. */
  name: string;
  before: Types;
  after: Types;
  /** Both functions throw for values that cannot be converted. */
  convert: (values: Values) => Values;
  revert: (values: Values) => Values;
}

/**
 * Converts every document from `before` to `after`, in batches.
 * Values are archived before and after their conversion: a value that nobody changed since comes back exactly, in both
 * directions; any other value is converted by the functions. May be run again, and while others write.
 * @throws {OperatorError} before a document changes, if one cannot be converted
 */
export async function convertFields(db: Db, conversion: Conversion): Promise<void> {
  await run(db, conversion, 'convert');
}

/** Undoes `convertFields`, with the same promises and errors. */
export async function revertFields(db: Db, { before, after, convert, revert, ...rest }: Conversion): Promise<void> {
  await run(db, { ...rest, before: after, after: before, convert: revert, revert: convert }, 'revert');
}

const BATCH_SIZE = 1000;

async function run(db: Db, conversion: Conversion, by: Work['by']): Promise<void> {
  const { collection: name, before, after, convert } = conversion;
  const label = `${name}: ${conversion.name}`;
  if (isHidden(before, after) || isHidden(after, before))
    throw new Error(`${label}: old and new documents look the same. Give the field a new name.`);
  const collection = db.collection(name);
  const archive = db.collection(archiveName(name, conversion.name));
  const [from, to] = [Object.keys(before), Object.keys(after)];
  await checkPaths(collection, [...new Set([...from, ...to])]);
  const filter = { $expr: { $or: from.map((path) => isOld(path, before, after)) } };
  const work: Work = { collection, archive, filter, by, from, to, convert };
  await refuseStrange(collection, conversion);
  await refuseInconvertible(work, label);
  await recordIfRename(db, conversion);
  // First the values come back that the other direction converted, also where they fit both shapes.
  await backfill(archive, {
    label: `${label}, bringing back archived values`,
    filter: recalledBy(by),
    async convert(batch) {
      const { keep, writes, marks } = await planRecall(work, batch);
      if (marks.length > 0) await archive.bulkWrite(marks, DURABLE);
      if (writes.length > 0) await collection.bulkWrite(writes, DURABLE);
      return keep;
    },
  });
  await backfill(collection, {
    label,
    filter,
    async convert(batch) {
      const { keep, writes, refusals } = await planBatch(work, batch);
      if (refusals[0])
        throw refusal(
          label,
          refusals.length,
          refusals[0],
          'Other documents may be converted already, and nothing is lost',
        );
      if (keep.length > 0) await archive.bulkWrite(keep, DURABLE);
      return writes;
    },
  });
  await refuseStrange(collection, conversion);
  await recordIfRename(db, conversion);
}

/**
 * Records a conversion of one field to one of another name, so that the history of the field is read by its new name.
 */
async function recordIfRename(db: Db, { collection, before, after }: Conversion): Promise<void> {
  const [[from = '', ...others], [to = '', ...more]] = [Object.keys(before), Object.keys(after)];
  if (others.length === 0 && more.length === 0 && from !== to) await recordRename(db, { collection, from, to });
}

const list = (types: string | readonly string[] = []) => [types].flat();

function oldTypes(path: string, before: Types, after: Types): string[] {
  const kept = new Set(path in after ? list(after[path]) : ['missing']);
  return list(before[path]).filter((type) => !kept.has(type));
}

/** Whether no document shows that it has the old shape, although something is to change. */
function isHidden(before: Types, after: Types): boolean {
  const isShown = (left: Types, right: Types) =>
    Object.keys(left).some((path) => oldTypes(path, left, right).length > 0);
  const adds = Object.keys(after).some((path) => !(path in before));
  return !isShown(before, after) && (adds || !isShown(after, before));
}

/** A document without the object around the field is no matter of this conversion. */
function isOld(path: string, before: Types, after: Types): Document {
  const [parent] = parents(path);
  const has = { $in: [typeOf(path), oldTypes(path, before, after)] };
  return parent === undefined ? has : { $and: [{ $eq: [typeOf(parent), 'object'] }, has] };
}

async function refuseStrange(collection: Collection, { name, before, after }: Conversion): Promise<void> {
  const none = (path: string, types: string[]) => ({ $not: [{ $in: [typeOf(path), [...types, 'missing']] }] });
  const values = Object.keys(before).map((path) => none(path, [...list(before[path]), ...list(after[path])]));
  const objects = Object.keys(after)
    .filter((path) => !(path in before))
    .flatMap(parents);
  await refuse(
    collection,
    { $expr: { $or: [...values, ...objects.map((path) => none(path, ['object']))] } },
    `have a value of another type than the conversion "${name}" expects`,
    'Correct them and run this again. Nothing is lost',
  );
}

async function refuseInconvertible(work: Work, label: string): Promise<void> {
  let count = 0;
  let example: Refusal | undefined;
  const look = ({ refusals }: Plan) => {
    count += refusals.length;
    example ??= refusals[0];
  };
  let batch: Document[] = [];
  for await (const document of work.collection.find(work.filter, { projection: { _id: 1 } })) {
    batch.push(document);
    if (batch.length === BATCH_SIZE) look(await planBatch(work, batch.splice(0)));
  }
  look(await planBatch(work, batch));
  if (example !== undefined) throw refusal(label, count, example, 'No document was converted');
}

function refusal(label: string, count: number, { id, reason }: Refusal, state: string): OperatorError {
  return new OperatorError(
    `${label}: ${count} documents cannot be converted, for example ${String(id)}: ${reason.replace(/\.$/, '')}. ` +
      `Correct them and run this again. ${state}.`,
  );
}
