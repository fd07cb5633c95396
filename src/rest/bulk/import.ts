import { ObjectId, type Document } from 'mongodb';
import { idSchema, objectSchema, toDocument, type Field, type JsonSchema } from '../../schema/index.ts';
import { toProblem } from '../http/failures.ts';
import type { Origin } from '../http/operations.ts';
import { Problem, type Flaw } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { compileCheck } from '../http/validation.ts';
import { isObject } from '../../document.ts';
import { insertAllOrNone, Undecided } from './all-or-none.ts';
import { upToEndLine } from './end-line.ts';
import type { Format } from '../http/formats.ts';
import { insertBatch, throwFailure } from './insert-batch.ts';
import { readRows, type Row } from './rows.ts';
import { openSpool, type Spool } from './spool.ts';
import { isGood, windowsOf, type Judged } from './windows.ts';

/** What is to be imported, and how. */
export interface Order {
  format: Format;
  source: AsyncIterable<Buffer>;
  /** Whether nothing is stored unless everything can be. */
  strict: boolean;
  /** Whether NDJSON ends with a line that says so. */
  endLine?: boolean;
  /** How many rows there must be. */
  expected?: number | undefined;
  origin: Origin;
}

/** What a report tells of all rows. */
interface Totals {
  read: number;
  inserted: number;
  bad: number;
  /** Rows of which it is not known whether they were stored, because the database did not say. */
  uncertain?: number;
  /** Whether the whole body was read and stored, as far as it was good. */
  complete: boolean;
  /** Why it is not complete. */
  detail?: string;
}

/** How an import ended. */
export interface Imported {
  /** Of HTTP: a success if anything was stored, or nothing was to be. */
  status: number;
  totals: Totals;
  /** NDJSON: a line for each bad row, in their order. Whoever reads it closes it. */
  bad: Spool;
  /** Why it is not complete. */
  failure?: { error: unknown; problem: Problem };
}

/** Of one row; the rest are counted. */
const MOST_FLAWS = 20;

/** The schema of a row: as of a member that is created, but it may bring what the server sets otherwise. */
export function rowSchema({ fields }: Pick<Resource, 'fields'>): JsonSchema {
  const { properties, ...schema } = objectSchema(importable(fields), 'create');
  const { readOnly: _, ...id } = idSchema;
  return { ...schema, properties: { id: { ...id, description: 'Without it the server gives one' }, ...properties } };
}

/** The fields as a row has them: what the server sets is there if a row brings it, else it is the given time. */
const importable = (fields: readonly Field[], at = new Date(0)): Field[] =>
  fields.map((field) => (field.managed ? { ...field, managed: false, default: () => at } : field));

/**
 * Compiles the import of a resource's rows. Memory is bounded, whatever the number and size of the rows; what is set
 * aside beyond that lies in temporary files.
 * An import throws {Problem} only as long as no row was read.
 */
export function compileImport(resource: Resource): (order: Order) => Promise<Imported> {
  const check = compileCheck(rowSchema(resource));
  return (order) => runImport(resource, check, order);
}

async function runImport(
  resource: Resource,
  check: (value: unknown) => Flaw[],
  { format, source, strict, endLine = false, expected, origin }: Order,
): Promise<Imported> {
  const { collection, fields } = resource;
  const stamped = importable(fields, new Date());
  const totals: Totals = { read: 0, inserted: 0, bad: 0, complete: true };
  const bad = openSpool();
  const rest = source[Symbol.asyncIterator]();

  const judge = ({ place, value, flaws }: Row): Judged => {
    const found = flaws.length > 0 ? flaws : few(check(value));
    return { place, flaws: found, document: found.length === 0 && isObject(value) ? documentOf(value) : undefined };
  };
  const documentOf = (value: Readonly<Record<string, unknown>>): Document => ({
    _id: value['id'] === undefined ? new ObjectId() : ObjectId.createFromHexString(String(value['id'])),
    ...toDocument(stamped, value),
  });
  const rowsOf = (chunks: AsyncIterable<Buffer>) => {
    const rows = readRows(format, fields, chunks);
    return endLine ? upToEndLine(rows) : rows;
  };
  const windows = (chunks: AsyncIterable<Buffer>) => windowsOf(rowsOf(chunks), judge);
  const requireExpected = () => {
    if (expected === undefined || totals.read === expected) return;
    throw new Problem(400, `${totals.read} rows came where ${expected} were expected.`);
  };

  async function tell(window: readonly Judged[]): Promise<void> {
    const rows = window.filter(({ flaws }) => flaws.length > 0);
    totals.bad += rows.length;
    const where = format === 'json' ? 'index' : 'line';
    await bad.write(rows.map(({ place, flaws }) => `${JSON.stringify({ [where]: place, errors: flaws })}\n`).join(''));
  }

  async function leniently(): Promise<void> {
    for await (const window of windows(unclosed(rest))) {
      totals.read += window.length;
      const good = window.filter(isGood);
      totals.uncertain = good.length;
      try {
        const refusals = await insertBatch(
          resource,
          good.map(({ document }) => document),
          origin,
        );
        delete totals.uncertain;
        for (const { index, flaws } of refusals) good[index]?.flaws.push(...flaws);
        totals.inserted += good.length - refusals.length;
        throwFailure(refusals);
      } finally {
        await tell(window);
      }
    }
    requireExpected();
  }

  async function strictly(): Promise<void> {
    const body = openSpool();
    try {
      for await (const window of windows(copied(unclosed(rest), body))) {
        totals.read += window.length;
        await markTaken(window);
        await tell(window);
      }
      requireExpected();
      if (totals.bad > 0) return;
      const refused = await insertAllOrNone(resource, () => windows(body.read()), origin);
      if (refused.length === 0) totals.inserted = totals.read;
      await tell(refused);
    } finally {
      await body.close();
    }
  }

  /** Of ids that a file has twice the unique index finds the second. */
  async function markTaken(window: readonly Judged[]): Promise<void> {
    const byId = new Map(window.filter(isGood).map((row) => [String(row.document['_id']), row]));
    const ids = [...byId.keys()].map((id) => ObjectId.createFromHexString(id));
    const taken = await collection.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
    for (const { _id } of taken)
      byId.get(String(_id))?.flaws.push({ pointer: '/id', keyword: 'unique', detail: 'is taken' });
  }

  const failure = await (strict ? strictly() : leniently()).then(
    () => undefined,
    (error: unknown) => ({ error, problem: toProblem(error) }),
  );
  await rest.return?.(); // whoever sends it may go on, but nobody reads it
  if (failure && totals.read === 0) throw failure.error;
  if (failure) {
    Object.assign(totals, { complete: false, detail: failure.problem.message });
    if (failure.error instanceof Undecided) totals.uncertain = totals.read;
  }
  const isNothing = totals.inserted === 0 && totals.read > 0;
  return {
    status: failure?.problem.status ?? (isNothing ? 422 : 200),
    totals,
    bad,
    ...(failure && { failure }),
  };
}

function few(flaws: Flaw[]): Flaw[] {
  if (flaws.length <= MOST_FLAWS) return flaws;
  const more = { pointer: '', keyword: 'errors', detail: `has ${flaws.length - MOST_FLAWS} more errors` };
  return [...flaws.slice(0, MOST_FLAWS), more];
}

async function* copied(chunks: AsyncIterable<Buffer>, spool: Spool): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    await spool.write(chunk);
    yield chunk;
  }
}

/** Whoever stops reading this leaves the rest for others to read. */
const unclosed = (chunks: AsyncIterator<Buffer>): AsyncIterable<Buffer> => ({
  [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }),
});
