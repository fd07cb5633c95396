import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectId, type ClientSession, type Document } from 'mongodb';
import type { Origin } from '../http/operations.ts';
import { Problem, unavailable } from '../http/problems.ts';
import { hasTransactions } from '../writes/topology.ts';
import { inTransaction } from '../writes/transaction.ts';
import { inPresentState } from '../writes/present-state.ts';
import { insertBatch, removeBatch, throwFailure, type Target } from './insert-batch.ts';
import { lines, split } from './split.ts';
import { openSpool, type Spool } from './spool.ts';
import { isValid, type CheckedRow } from './checked-rows.ts';

/** What is inserted, all or nothing: valid rows, which can be read as often as need be. */
type ReadBatches = () => AsyncIterable<readonly CheckedRow[]>;

/** It is not known whether everything was stored, or nothing, or what could not be removed again. */
export class Undecided extends Problem {}

/** So long others may be in the way of a transaction. */
const PATIENCE_MS = 30_000;
const ID_BATCH = 200;

/**
 * Inserts all rows or none: in one transaction where the server has them. Elsewhere, on a failure, exactly those are
 * removed that were inserted before; should the process die, they stay.
 * @returns the rows that the database did not take, because of which nothing is stored; one at least, if not all
 * @throws {Undecided} if what became of them is not known
 */
export async function insertAllOrNone(
  resource: Target,
  readBatches: ReadBatches,
  origin: Origin,
): Promise<CheckedRow[]> {
  return (await hasTransactions(resource.connection))
    ? atOnce(resource, readBatches, origin)
    : removable(resource, readBatches, origin);
}

async function atOnce(resource: Target, readBatches: ReadBatches, origin: Origin): Promise<CheckedRow[]> {
  const start = performance.now();
  for (let pauseMs = 20; ; pauseMs = Math.min(2 * pauseMs, 1000)) {
    let refused: CheckedRow[] = [];
    let isCommitting = false;
    const isDone = await inTransaction(resource.connection, async (session) => {
      refused = await insertAll(resource, readBatches, origin, { session });
      isCommitting = refused.length === 0;
      return isCommitting;
    }).catch((error: unknown) => {
      throw isCommitting ? undecided('The database did not say whether it stored everything or nothing.') : error;
    });
    if (isDone || refused.length > 0) return refused;
    if (performance.now() - start > PATIENCE_MS)
      throw unavailable(
        'The database gave the transaction up; nothing was stored. Either another transaction holds some of these ' +
          "members, or values that must be unique, or it takes longer than the server's parameter transactionLifetimeLimitSeconds: send less at once.",
      );
    await sleep(Math.random() * pauseMs);
  }
}

/** Without transactions. */
export async function removable(resource: Target, readBatches: ReadBatches, origin: Origin): Promise<CheckedRow[]> {
  const since = new Date();
  const stored = openSpool();
  const doubtful: Document[] = [];
  const remove = async () => {
    await removeStored(resource, stored, since);
    await removeBatch(resource, await presentOf(resource, doubtful), since);
  };
  try {
    const refused = await insertAll(resource, readBatches, origin, { stored, doubtful });
    if (refused.length > 0) await remove();
    return refused;
  } catch (error) {
    const isRemoved = await remove().then(
      () => true,
      () => false,
    );
    if (isRemoved && doubtful.length === 0) throw error;
    throw undecided('The database did not answer, so not all that was stored before may have been removed.');
  } finally {
    await stored.close();
  }
}

const undecided = (what: string) =>
  new Undecided(503, `${what} Look for some of the rows before you repeat this.`, [], unavailable('').headers);

interface Notes {
  session?: ClientSession;
  /** The ids of what is stored for certain, a line each. */
  stored?: Spool;
  /** What may be stored or not. */
  doubtful?: Document[];
}

/** Inserts batch by batch. @returns the rows of the first batch that the database did not take */
async function insertAll(
  resource: Target,
  readBatches: ReadBatches,
  origin: Origin,
  { session, stored, doubtful }: Notes,
): Promise<CheckedRow[]> {
  for await (const batch of readBatches()) {
    const valid = batch.filter(isValid);
    const documents = valid.map(({ document }) => document);
    doubtful?.push(...documents);
    const refusals = await insertBatch(resource, documents, origin, session);
    doubtful?.splice(0);
    const refused = new Map(refusals.map(({ index, flaws }) => [index, flaws]));
    const ids = documents.filter((_, index) => !refused.has(index)).map(({ _id }) => `${String(_id)}\n`);
    await stored?.write(ids.join(''));
    throwFailure(refusals);
    if (refused.size > 0) return valid.flatMap((row, index) => ({ ...row, flaws: refused.get(index) ?? [] }));
  }
  return [];
}

async function removeStored(resource: Target, stored: Spool, since: Date): Promise<void> {
  let ids: ObjectId[] = [];
  for await (const { bytes } of split(stored.read(), lines())) {
    ids.push(ObjectId.createFromHexString(String(bytes)));
    if (ids.length < ID_BATCH) continue;
    await removeBatch(resource, ids, since);
    ids = [];
  }
  await removeBatch(resource, ids, since);
}

/** The ids of those that are stored just so: with the same id, another's would differ in its times at least. */
async function presentOf({ collection }: Target, documents: readonly Document[]): Promise<ObjectId[]> {
  if (documents.length === 0) return [];
  const present = await collection.find({ $or: documents.map(inPresentState) }, { projection: { _id: 1 } }).toArray();
  return present.map(({ _id }) => _id);
}
