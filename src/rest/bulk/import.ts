import { ObjectId } from 'mongodb';
import { toProblem } from '../http/failures.ts';
import type { Format } from '../http/formats.ts';
import type { Origin } from '../http/operations.ts';
import { Problem } from '../http/problems.ts';
import type { Trace } from '../http/trace.ts';
import { chargedTo } from '../charged.ts';
import type { Resource } from '../resource-description.ts';
import { insertAllOrNone, Undecided } from './all-or-none.ts';
import { batchesOf, compileRowCheck, isValid, type CheckedRow } from './checked-rows.ts';
import { upToEndLine } from './end-line.ts';
import { insertBatch, throwFailure } from './insert-batch.ts';
import { readRows } from './rows.ts';
import { openSpool, type Spool } from './spool.ts';
import { openTally, type Tally, type Totals } from './tally.ts';

/** What is to be imported, and how. */
export interface ImportRequest {
  format: Format;
  source: AsyncIterable<Buffer>;
  /** Whether no row is stored unless all can be. */
  strict: boolean;
  /** Whether the NDJSON must end with an end line. */
  endLine?: boolean;
  /** How many rows the body must have. */
  expected?: number | undefined;
  origin: Origin;
  trace?: Trace | undefined;
}

/** How an import ended. */
export interface Imported {
  /** The HTTP status: 200 if any row was stored, or the body had no rows; 422 if all rows were rejected. */
  status: number;
  totals: Totals;
  /** NDJSON: a line for each rejected row, in their order. The reader has to close it. */
  rejected: Spool;
  /** Why the import is not complete. */
  failure?: { error: unknown; problem: Problem };
}

/** A running import. */
interface Job {
  resource: Resource;
  origin: Origin;
  tally: Tally;
  /** The body, which is read once. */
  body: AsyncIterable<Buffer>;
  /** Reads rows and checks them. */
  read: (body: AsyncIterable<Buffer>) => AsyncIterable<CheckedRow[]>;
  /** Called at the end of the body. @throws {Problem} 400 if more or fewer rows were expected */
  requireExpected: () => void;
}

/**
 * Compiles the import of a resource's rows. It uses a bounded amount of memory, whatever the number and size of the rows,
 * and temporary files beyond that.
 * If an import fails before any row was read, it throws that error; later errors are in its result.
 */
export function compileImport(resource: Resource): (request: ImportRequest) => Promise<Imported> {
  const compiled = compileRowCheck(resource);
  return async ({ format, source, strict, endLine = false, expected, origin, trace }) => {
    const check = compiled(new Date());
    const tally = openTally(format);
    const { totals } = tally;
    const chunks = source[Symbol.asyncIterator]();
    const job: Job = {
      resource: chargedTo(resource, { trace }),
      origin,
      tally,
      body: unclosed(chunks),
      read(body) {
        const rows = readRows(format, resource.fields, body);
        return batchesOf(endLine ? upToEndLine(rows) : rows, check);
      },
      requireExpected() {
        if (expected !== undefined && totals.read !== expected)
          throw new Problem(400, `The number of rows is ${totals.read} instead of ${expected}.`);
      },
    };
    const failure = await (strict ? storeAllOrNone(job) : storeValid(job)).then(
      () => undefined,
      (error: unknown) => ({ error, problem: toProblem(error) }),
    );
    await chunks.return?.(); // nothing reads the rest of the body, if the client still sends it
    return imported(tally, failure);
  };
}

/** Stores the valid rows, batch by batch as they arrive. */
async function storeValid({ resource, origin, tally, body, read, requireExpected }: Job): Promise<void> {
  const { totals } = tally;
  for await (const batch of read(body)) {
    totals.read += batch.length;
    const valid = batch.filter(isValid);
    const documents = valid.map(({ document }) => document);
    totals.uncertain = valid.length;
    try {
      const refusals = await insertBatch(resource, documents, origin);
      delete totals.uncertain;
      for (const { index, flaws } of refusals) valid[index]?.flaws.push(...flaws);
      totals.inserted += valid.length - refusals.length;
      throwFailure(refusals);
    } finally {
      await tally.reject(batch);
    }
  }
  requireExpected();
}

/** Checks all rows first and keeps the body. Then, if all rows are valid, it stores all or none. */
async function storeAllOrNone({ resource, origin, tally, body, read, requireExpected }: Job): Promise<void> {
  const { totals } = tally;
  const spool = openSpool();
  try {
    for await (const batch of read(copied(body, spool))) {
      totals.read += batch.length;
      await flagTakenIds(resource, batch);
      await tally.reject(batch);
    }
    requireExpected();
    if (totals.bad > 0) return;
    const refused = await insertAllOrNone(resource, () => read(spool.read()), origin);
    if (refused.length === 0) totals.inserted = totals.read;
    await tally.reject(refused);
  } finally {
    await spool.close();
  }
}

/** Flags rows whose id is stored already. If the body has an id twice, the unique index refuses the second. */
async function flagTakenIds({ collection }: Resource, batch: readonly CheckedRow[]): Promise<void> {
  const byId = new Map(batch.filter(isValid).map((row) => [String(row.document['_id']), row]));
  const ids = [...byId.keys()].map((id) => ObjectId.createFromHexString(id));
  const taken = await collection.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
  for (const { _id } of taken)
    byId.get(String(_id))?.flaws.push({ pointer: '/id', keyword: 'unique', detail: 'is taken' });
}

function imported({ totals, rejected }: Tally, failure: Imported['failure']): Imported {
  if (failure && totals.read === 0) throw failure.error;
  if (failure) {
    Object.assign(totals, { complete: false, detail: failure.problem.message });
    if (failure.error instanceof Undecided) totals.uncertain = totals.read;
  }
  const isAllRejected = totals.inserted === 0 && totals.read > 0;
  return {
    status: failure?.problem.status ?? (isAllRejected ? 422 : 200),
    totals,
    rejected,
    ...(failure && { failure }),
  };
}

async function* copied(chunks: AsyncIterable<Buffer>, spool: Spool): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    await spool.write(chunk);
    yield chunk;
  }
}

/** An iterable that does not close its source when its reader stops. */
const unclosed = (chunks: AsyncIterator<Buffer>): AsyncIterable<Buffer> => ({
  [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }),
});
