import { ObjectId, type Document } from 'mongodb';
import { isObject } from '../../document.ts';
import { idSchema, objectSchema, toDocument, type Field, type JsonSchema } from '../../schema/index.ts';
import type { Flaw } from '../http/problems.ts';
import { compileCheck } from '../http/validation.ts';
import type { Resource } from '../resource-description.ts';
import type { Row } from './rows.ts';

/** A row that was checked: a document to be stored, or the flaws because of which it is rejected. */
export interface CheckedRow {
  /** The line on which the row begins, from 1; in a JSON array its index, from 0. */
  place: number;
  document: Document | undefined;
  flaws: Flaw[];
}

/** A row that can be stored. */
export type ValidRow = CheckedRow & { document: Document };

export const isValid = (row: CheckedRow): row is ValidRow => row.document !== undefined;

/** How many flaws of one row are reported; the rest are counted. */
const MOST_FLAWS = 20;

/** The schema of a row: that of a new member, but a row may also have the fields that the server sets otherwise. */
export function rowSchema({ fields }: Pick<Resource, 'fields'>): JsonSchema {
  const { properties, ...schema } = objectSchema(importable(fields), 'create');
  const { readOnly: _, ...id } = idSchema;
  return {
    ...schema,
    properties: { id: { ...id, description: 'If it is absent, the server gives one' }, ...properties },
  };
}

/** The fields of a row. A field that the server sets otherwise may be in the row; if it is absent, it becomes the time `at`. */
const importable = (fields: readonly Field[], at = new Date(0)): Field[] =>
  fields.map((field) => (field.managed ? { ...field, managed: false, default: () => at } : field));

/** Compiles the check of a resource's rows. It makes documents, stored at a given time, of the valid ones. */
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

/** Even a slow database inserts a batch of this size within the time that the API waits for it. */
const MOST_ROWS = 200;
const MOST_BYTES = 2 ** 20;

/**
 * Checks rows and yields them in batches of a bounded size.
 * If reading fails, the rows that were read before are yielded first; then the error is thrown.
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
