import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectId, type ClientSession, type Document } from 'mongodb';
import type { Origin } from '../http/operations.ts';
import { Problem, unavailable } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { hasTransactions } from '../writes/topology.ts';
import { inTransaction } from './transaction.ts';
import { OUTBOX } from '../writes/outbox.ts';
import { inPresentState } from '../writes/present-state.ts';
import { insertBatch, removeBatch, throwFailure } from './insert-batch.ts';
import { lines, split } from './split.ts';
import { openSpool, type Spool } from './spool.ts';
import { isValid, type CheckedRow } from './checked-rows.ts';

/** Reads the rows to be inserted, which are all valid. It may be called several times. */
type ReadBatches = () => AsyncIterable<readonly CheckedRow[]>;

/** The import failed, and it is not known which rows are stored. */
export class Undecided extends Problem {}

/** How long a transaction is repeated while other transactions are in the way. */
const PATIENCE_MS = 30_000;
const ID_BATCH = 200;

/**
 * Inserts all rows or none. On a server with transactions that is one transaction. On a standalone server the rows that
 * were inserted are removed again after a failure; if the process dies before, they stay stored.
 * @returns the rows that the database refused, from the first batch with such rows. If there are none, all rows are stored;
 *   else no row is
 * @throws {Undecided} 503 if it is not known which rows are stored
 * @throws {Problem} 503 if other transactions were in the way too long, or the database is not migrated
 * @throws what `readBatches` or the driver throws otherwise; then no row is stored
 */
export async function insertAllOrNone(
  resource: Resource,
  readBatches: ReadBatches,
  origin: Origin,
): Promise<CheckedRow[]> {
  return (await hasTransactions(resource.connection))
    ? insertInOneTransaction(resource, readBatches, origin)
    : insertOrRemove(resource, readBatches, origin);
}

async function insertInOneTransaction(
  resource: Resource,
  readBatches: ReadBatches,
  origin: Origin,
): Promise<CheckedRow[]> {
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
        'The database aborted the transaction, so nothing was stored. Either another transaction has locked some of these ' +
          'members or unique values, or the import takes longer than the server parameter transactionLifetimeLimitSeconds. ' +
          'Try again later, or send fewer rows at once.',
      );
    await sleep(Math.random() * pauseMs);
  }
}

/** `insertAllOrNone` on a server without transactions. */
export async function insertOrRemove(
  resource: Resource,
  readBatches: ReadBatches,
  origin: Origin,
): Promise<CheckedRow[]> {
  const since = new Date();
  const stored = openSpool();
  const uncertain: Document[] = [];
  const remove = async () => {
    await removeStored(resource, stored, since);
    await removeBatch(resource, await storedIdsOf(resource, uncertain), since);
  };
  try {
    const refused = await insertAll(resource, readBatches, origin, { stored, uncertain });
    if (refused.length > 0) await remove();
    return refused;
  } catch (error) {
    const isRemoved = await remove().then(
      () => true,
      () => false,
    );
    if (isRemoved && uncertain.length === 0) throw error;
    throw undecided('The database did not answer, so some of the rows may be stored.');
  } finally {
    await stored.close();
  }
}

const undecided = (what: string) =>
  new Undecided(503, `${what} Check which rows are stored before you repeat this.`, [], unavailable('').headers);

interface InsertOptions {
  session?: ClientSession;
  /** Where the ids of stored documents are noted, each on a line. */
  stored?: Spool;
  /** Where the documents are noted while it is not known whether they are stored. */
  uncertain?: Document[];
}

/** Inserts batch by batch. @returns the rows that the database refused, from the first batch with such rows */
async function insertAll(
  resource: Resource,
  readBatches: ReadBatches,
  origin: Origin,
  { session, stored, uncertain }: InsertOptions,
): Promise<CheckedRow[]> {
  for await (const batch of readBatches()) {
    const valid = batch.filter(isValid);
    const documents = valid.map(({ document }) => document);
    uncertain?.push(...documents);
    const refusals = await insertBatch(resource, documents, origin, session);
    uncertain?.splice(0);
    const refused = new Map(refusals.map(({ index, flaws }) => [index, flaws]));
    const ids = documents.filter((_, index) => !refused.has(index)).map(({ _id }) => `${String(_id)}\n`);
    await stored?.write(ids.join(''));
    throwFailure(refusals);
    if (refused.size > 0)
      return valid.flatMap((row, index) => {
        const flaws = refused.get(index);
        return flaws ? { ...row, flaws } : [];
      });
  }
  return [];
}

async function removeStored(resource: Resource, stored: Spool, since: Date): Promise<void> {
  let ids: ObjectId[] = [];
  for await (const { bytes } of split(stored.read(), lines())) {
    ids.push(ObjectId.createFromHexString(String(bytes)));
    if (ids.length < ID_BATCH) continue;
    await removeBatch(resource, ids, since);
    ids = [];
  }
  await removeBatch(resource, ids, since);
}

/** The ids of those documents that are stored exactly so. A document of others with the same id has other times at least. */
async function storedIdsOf({ collection }: Resource, documents: readonly Document[]): Promise<ObjectId[]> {
  if (documents.length === 0) return [];
  const stored = await collection
    .find({ $or: documents.map((one) => inPresentState(one, [OUTBOX])) }, { projection: { _id: 1 } })
    .toArray();
  return stored.map(({ _id }) => _id);
}
