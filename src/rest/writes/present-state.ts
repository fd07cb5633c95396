import { Decimal128, type Document, type Filter } from 'mongodb';

/**
 * Matches the document only as long as no field of it has changed, been added or gone.
 * Fields with NaN in them are compared by a query instead of an expression: in an expression of SecantusDB 0.7.0b3 a
 * document with NaN does not equal itself.
 */
export function unchanged(present: Document): Filter<Document> {
  const odd = Object.entries(present).filter(([, value]) => holdsNaN(value));
  const filter = { _id: present['_id'] };
  if (odd.length === 0) return { ...filter, $expr: { $eq: ['$$ROOT', { $literal: present }] } };
  const without = Object.fromEntries(odd.map(([name]): [string, null] => [name, null]));
  const whole = { $mergeObjects: ['$$ROOT', { $literal: without }] };
  return {
    ...filter,
    // A query also finds arrays with such an element.
    ...Object.fromEntries(odd.map(([name, value]) => [name, { $eq: value, $not: { $elemMatch: { $eq: value } } }])),
    $expr: { $eq: [whole, { $literal: { ...present, ...without } }] },
  };
}

function holdsNaN(value: unknown): boolean {
  if (typeof value === 'number') return Number.isNaN(value);
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Decimal128) return value.toString() === 'NaN';
  return Array.isArray(value) ? value.some(holdsNaN) : Object.values(value).some(holdsNaN);
}
