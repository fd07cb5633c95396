import { setTimeout as sleep } from 'node:timers/promises';
import { MongoBulkWriteError, type ClientSession, type Document, type ObjectId, type WriteError } from 'mongodb';
import { DUPLICATE_KEY, INVALID_DOCUMENT } from '../../error-code.ts';
import { findShapeMismatch, type ShapeMismatch } from '../shape-mismatch.ts';
import { takenFlaws, validatorFlaws } from '../http/database-flaws.ts';
import { entriesOf, entryOf, type Entry } from '../history/entries.ts';
import type { Origin } from '../http/operations.ts';
import type { Flaw } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { hasTransactions } from '../writes/topology.ts';
import { heldUp } from '../writes/write-limit.ts';
import { inTransaction } from '../writes/transaction.ts';

/** A document of a batch that the database refused. */
export interface Refusal {
  /** The index of the document in the batch, from 0. */
  index: number;
  flaws: Flaw[];
  /** Set if the database is not migrated, so that it refuses any document of this kind. */
  failure?: ShapeMismatch | undefined;
}

/** How long a batch is repeated while other transactions are in the way. */
const PATIENCE_MS = 30_000;

/** The parts of a resource that inserting needs. */
export type Target = Pick<
  Resource,
  'connection' | 'collection' | 'definition' | 'indexes' | 'fields' | 'show' | 'settings'
>;

/**
 * Inserts documents with their history. One that is refused does not keep the others from being stored, except in the
 * transaction of a session, which the first refusal ends.
 * @returns the documents that the database refused
 * @throws {Problem} 503 if other transactions were in the way too long; then none is stored
 * @throws what the driver throws otherwise; then it is not known which documents are stored
 */
export async function insertBatch(
  resource: Target,
  documents: readonly Document[],
  origin: Origin,
  session?: ClientSession,
): Promise<Refusal[]> {
  const { connection, settings } = resource;
  if (documents.length === 0) return [];
  if (!settings.history.enabled) return insert(resource, documents, { session });
  const entries = entriesAbout(resource, documents, origin);
  if (session) return insertWithEntries(resource, documents, entries, session);
  const refusals = await findTaken(resource, documents);
  const insertDocuments = (await hasTransactions(connection)) ? insertInTransaction : insertAnnounced;
  return insertDocuments(resource, documents, entries, refusals);
}

const entriesAbout = (resource: Target, documents: readonly Document[], origin: Origin): Entry[] => {
  const at = new Date();
  return documents.map((after) =>
    entryOf(resource, origin, { kind: 'create', id: after['_id'], at, before: null, after }),
  );
};

async function insertWithEntries(
  resource: Target,
  documents: readonly Document[],
  entries: readonly Entry[],
  session: ClientSession,
): Promise<Refusal[]> {
  const refused = await insert(resource, documents, { session });
  if (refused.length === 0 && documents.length > 0) await entriesOf(resource).insertMany([...entries], { session });
  return refused;
}

/** The first document that is refused ends a transaction. The next transaction leaves that document out. */
async function insertInTransaction(
  resource: Target,
  documents: readonly Document[],
  entries: readonly Entry[],
  refusals: Refusal[],
): Promise<Refusal[]> {
  const start = performance.now();
  while (performance.now() - start < PATIENCE_MS) {
    const left = without(refusals, documents);
    const pick = <Item>(items: readonly Item[]) => left.flatMap((index) => items[index] ?? []);
    let refused: Refusal[] = [];
    const isDone = await inTransaction(resource.connection, async (session) => {
      refused = await insertWithEntries(resource, pick(documents), pick(entries), session);
      return refused.length === 0;
    });
    if (isDone) return refusals;
    const failure = refused.find((one) => one.failure)?.failure;
    if (failure) return [...refusals, ...left.map((index) => ({ index, flaws: [NOT_MIGRATED], failure }))];
    for (const { index, flaws } of refused) refusals.push({ index: left[index] ?? 0, flaws });
    if (refused.length === 0) await sleep(Math.random() * 20); // another transaction was in the way
  }
  throw heldUp(PATIENCE_MS / 1000);
}

/** On a server without transactions the entries are written first, as pending; a later process compares them with what is stored. */
async function insertAnnounced(
  resource: Target,
  documents: readonly Document[],
  entries: readonly Entry[],
  refusals: Refusal[],
): Promise<Refusal[]> {
  const history = entriesOf(resource);
  const left = without(refusals, documents);
  const pick = <Item>(items: readonly Item[]) => left.flatMap((index) => items[index] ?? []);
  const announced = pick(entries);
  if (announced.length > 0) await history.insertMany(announced.map((entry) => ({ ...entry, pending: true })));
  const refused = await insert(resource, pick(documents), {});
  const unmade = refused.flatMap(({ index }) => announced[index]?._id ?? []);
  if (unmade.length > 0) await history.deleteMany({ _id: { $in: unmade } });
  await history.updateMany({ _id: { $in: announced.map(({ _id }) => _id) } }, { $unset: { pending: true } });
  return [...refusals, ...refused.map((one) => ({ ...one, index: left[one.index] ?? 0 }))];
}

/** @throws {ShapeMismatch} if documents were refused because the database is not migrated */
export function throwFailure(refusals: readonly Refusal[]): void {
  const failure = refusals.find((one) => one.failure)?.failure;
  if (failure) throw failure;
}

/** The indexes of the documents that are not refused. */
const without = (refusals: readonly Refusal[], documents: readonly Document[]): number[] => {
  const refused = new Set(refusals.map(({ index }) => index));
  return [...documents.keys()].filter((index) => !refused.has(index));
};

/** The documents whose id is stored already, or is in the batch twice. One query finds them; each would cost a transaction. */
async function findTaken({ collection }: Target, documents: readonly Document[]): Promise<Refusal[]> {
  const ids = documents.map(({ _id }) => _id);
  const taken = await collection.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
  const known = new Set(taken.map(({ _id }) => String(_id)));
  return ids.flatMap((id, index) => {
    const isKnown = known.has(String(id));
    known.add(String(id));
    return isKnown ? [{ index, flaws: takenFlaws(['_id'], []) }] : [];
  });
}

async function insert(
  resource: Target,
  documents: readonly Document[],
  { session }: { session?: ClientSession | undefined },
): Promise<Refusal[]> {
  const { collection } = resource;
  if (documents.length === 0) return [];
  try {
    await collection.insertMany([...documents], { ordered: false, ...(session && { session }) });
    return [];
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) throw error;
    const failed = [error.writeErrors].flat();
    if (failed.length === 0) throw error;
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
export async function removeBatch(resource: Target, ids: readonly ObjectId[], since: Date): Promise<void> {
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
