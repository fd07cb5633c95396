import type { ClientSession, Document, ObjectId, WriteError } from 'mongodb';
import { DUPLICATE_KEY, INVALID_DOCUMENT, writeErrorsOf } from '../../error-code.ts';
import { findShapeMismatch, type ShapeMismatch } from '../shape-mismatch.ts';
import { takenFlaws, validatorFlaws } from '../http/database-flaws.ts';
import { entriesOf, entryAbout, entryFor } from '../history/entries.ts';
import { moveEntries } from '../history/relay.ts';
import type { Origin } from '../http/operations.ts';
import type { Flaw } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { OUTBOX } from '../writes/outbox.ts';

/** A document of a batch that the database refused. */
export interface Refusal {
  /** The index of the document in the batch, from 0. */
  index: number;
  flaws: Flaw[];
  /** Set if the database is not migrated, so that it refuses any document of this kind. */
  failure?: ShapeMismatch | undefined;
}

/**
 * Inserts documents with their history. One that is refused does not keep the others from being stored, except in the
 * transaction of a session, which the first refusal ends.
 * @returns the documents that the database refused
 * @throws what the driver throws; then it is not known which documents are stored
 */
export async function insertBatch(
  resource: Resource,
  documents: readonly Document[],
  origin: Origin,
  session?: ClientSession,
): Promise<Refusal[]> {
  if (documents.length === 0) return [];
  if (!resource.settings.history.enabled) return insert(resource, documents, session);
  const at = new Date();
  const entries = documents.map((after) =>
    entryAbout(resource, after['_id'], { ...entryFor(resource, origin, { kind: 'create', at }), before: null }, after),
  );
  if (session) {
    const refusals = await insert(resource, documents, session);
    if (refusals.length === 0) await entriesOf(resource).insertMany(entries, { session });
    return refusals;
  }
  const carrying = entries.map(({ of: _of, patch: _patch, ...carried }, index) => ({
    ...documents[index],
    [OUTBOX]: [carried],
  }));
  const refusals = await insert(resource, carrying);
  const refused = new Set(refusals.map(({ index }) => index));
  // The documents carry on what cannot be moved.
  await moveEntries(
    resource,
    entries.filter((_, index) => !refused.has(index)),
  ).catch(() => {});
  return refusals;
}

/** @throws {ShapeMismatch} if documents were refused because the database is not migrated */
export function throwFailure(refusals: readonly Refusal[]): void {
  const failure = refusals.find((one) => one.failure)?.failure;
  if (failure) throw failure;
}

async function insert(resource: Resource, documents: readonly Document[], session?: ClientSession): Promise<Refusal[]> {
  const { collection } = resource;
  try {
    await collection.insertMany([...documents], { ordered: false, ...(session && { session }) });
    return [];
  } catch (error) {
    const failed = writeErrorsOf(error);
    const isInvalid = ({ code }: WriteError) => code === INVALID_DOCUMENT;
    const failure = failed.some(isInvalid) ? await findShapeMismatch(resource) : undefined;
    return failed.map((one) =>
      failure && isInvalid(one)
        ? { index: one.index, flaws: [NOT_MIGRATED], failure }
        : { index: one.index, flaws: flawsOf(one, resource) },
    );
  }
}

/**
 * Removes documents that {@link insertBatch} inserted without a transaction, and their history.
 * @param since a time before they were inserted: an earlier member with the same id keeps its history
 */
export async function removeBatch(resource: Resource, ids: readonly ObjectId[], since: Date): Promise<void> {
  const { collection, settings } = resource;
  await collection.deleteMany({ _id: { $in: [...ids] } });
  if (settings.history.enabled)
    await entriesOf(resource).deleteMany({ of: { $in: [...ids] }, kind: 'create', at: { $gte: since } });
}

const NOT_MIGRATED: Flaw = {
  pointer: '',
  keyword: 'database',
  detail: 'was not stored, because the database is not migrated to this version of the API',
};

function flawsOf(
  { code, errmsg = '', errInfo }: WriteError,
  { indexes, fields }: Pick<Resource, 'indexes' | 'fields'>,
): Flaw[] {
  if (code === DUPLICATE_KEY) {
    const index = / index: (\S+) dup key/.exec(errmsg)?.[1] ?? '';
    const paths = index === '_id_' ? ['_id'] : Object.keys(indexes.find(({ name }) => name === index)?.key ?? {});
    if (paths.length > 0) return takenFlaws(paths, fields);
    return [{ pointer: '', keyword: 'unique', detail: 'has values that must be unique and are taken' }];
  }
  const flaws = validatorFlaws(errInfo);
  if (flaws.length > 0) return flaws;
  return [{ pointer: '', keyword: 'database', detail: `was refused by the database (code ${code})` }];
}
