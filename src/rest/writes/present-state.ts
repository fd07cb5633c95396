import { Decimal128, type Document, type Filter } from 'mongodb';
import type { Stamps } from '../../schema/index.ts';
import { OUTBOX } from './outbox.ts';

/**
 * A filter that matches the document only while it was not changed since it was read. What the relay takes out of it is no
 * change; but without a timestamp, only what it carries shows that a document was changed and changed back.
 */
export const asItWasRead = ({ stamps }: { stamps: Stamps }, read: Document): Filter<Document> =>
  inPresentState(read, stamps.updated === undefined ? [] : [OUTBOX]);

/**
 * A filter that matches the document only while no field of it was changed, added or removed, besides those ignored.
 * Fields with NaN in them are compared by a query instead of an expression: in an expression of SecantusDB 0.7.0b3 a
 * document with NaN does not equal itself.
 */
export function inPresentState(present: Document, ignored: readonly string[] = []): Filter<Document> {
  const withNaN = Object.entries(present).filter(([name, value]) => !ignored.includes(name) && holdsNaN(value));
  const filter = { _id: present['_id'] };
  const names = [...withNaN.map(([name]) => name), ...ignored];
  if (names.length === 0) return { ...filter, $expr: { $eq: ['$$ROOT', { $literal: present }] } };
  const emptied = Object.fromEntries(names.map((name): [string, null] => [name, null]));
  const comparable = { $mergeObjects: ['$$ROOT', { $literal: emptied }] };
  return {
    ...filter,
    // $eq alone would also match an array with such an element.
    ...Object.fromEntries(withNaN.map(([name, value]) => [name, { $eq: value, $not: { $elemMatch: { $eq: value } } }])),
    $expr: { $eq: [comparable, { $literal: { ...present, ...emptied } }] },
  };
}

function holdsNaN(value: unknown): boolean {
  if (typeof value === 'number') return Number.isNaN(value);
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Decimal128) return value.toString() === 'NaN';
  return Array.isArray(value) ? value.some(holdsNaN) : Object.values(value).some(holdsNaN);
}
