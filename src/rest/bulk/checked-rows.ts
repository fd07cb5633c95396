import { ObjectId, type Document } from 'mongodb';
import { isObject } from '../../document.ts';
import { idSchema, objectSchema, toDocument, type Field, type JsonSchema } from '../../schema/index.ts';
import type { Flaw } from '../http/problems.ts';
import { compileCheck } from '../http/validation.ts';
import type { Resource } from '../resource-description.ts';
import type { Row } from './rows.ts';

/** A row that was held against the rules: a document to be stored, or why it is rejected. */
export interface CheckedRow {
  /** The line on which it begins, from 1; of a JSON array the index, from 0. */
  place: number;
  document: Document | undefined;
  flaws: Flaw[];
}

/** A row that can be stored. */
export type ValidRow = CheckedRow & { document: Document };

export const isValid = (row: CheckedRow): row is ValidRow => row.document !== undefined;

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

/** Compiles the check of a resource's rows, which makes documents of those that are valid, stored at the given time. */
export function compileRowCheck(resource: Pick<Resource, 'fields'>): (at: Date) => (row: Row) => CheckedRow {
  const check = compileCheck(rowSchema(resource));
  return (at) => {
    const fields = importable(resource.fields, at);
    const documentOf = (value: Document): Document => ({
      _id: value['id'] === undefined ? new ObjectId() : ObjectId.createFromHexString(String(value['id'])),
      ...toDocument(fields, value),
    });
    return ({ place, value, flaws: unreadable }) => {
      const flaws = unreadable.length > 0 ? unreadable : firstOf(check(value));
      return { place, flaws, document: flaws.length === 0 && isObject(value) ? documentOf(value) : undefined };
    };
  };
}

function firstOf(flaws: Flaw[]): Flaw[] {
  if (flaws.length <= MOST_FLAWS) return flaws;
  const more = { pointer: '', keyword: 'errors', detail: `has ${flaws.length - MOST_FLAWS} more errors` };
  return [...flaws.slice(0, MOST_FLAWS), more];
}

/** A batch of this size is inserted within the time that the API waits for its database, even by a slow one. */
const MOST_ROWS = 200;
const MOST_BYTES = 2 ** 20;

/**
 * Checks rows, and hands them over in batches of a bounded size.
 * If reading fails, the rows that were read before it come first.
 */
export async function* batchesOf(
  rows: AsyncIterable<Row>,
  check: (row: Row) => CheckedRow,
): AsyncGenerator<CheckedRow[]> {
  let batch: CheckedRow[] = [];
  let bytes = 0;
  let failure: { error: unknown } | undefined;
  try {
    for await (const row of rows) {
      batch.push(check(row));
      bytes += row.bytes;
      if (batch.length < MOST_ROWS && bytes < MOST_BYTES) continue;
      yield batch;
      batch = [];
      bytes = 0;
    }
  } catch (error) {
    failure = { error };
  }
  if (batch.length > 0) yield batch;
  if (failure) throw failure.error;
}
