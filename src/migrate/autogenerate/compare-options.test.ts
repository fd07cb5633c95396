import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { compareOptions } from './compare-options.ts';
import type { CollectionShape } from './shape.ts';

const shape = (options?: Document, validator: Document | null = { a: 1 }): CollectionShape => ({
  name: 'engines',
  validator,
  indexes: [],
  ...(options && { options }),
});
const differing = (before: CollectionShape, after: CollectionShape) =>
  compareOptions(before, after).map((change) => (change.kind === 'changeOption' ? change.option : change.kind));

test.each<[Document, Document]>([
  [{ validationLevel: 'strict', validationAction: 'error' }, {}],
  [{ validationLevel: 'constraint' }, { validationLevel: 'strict' }],
  [{ collation: { locale: 'de', strength: 3, version: '57.1' } }, { collation: { locale: 'de' } }],
  [
    { capped: true, size: 4096 },
    { capped: true, size: 4000 },
  ],
  [{ timeseries: { timeField: 't', granularity: 'seconds' } }, { timeseries: { timeField: 't' } }],
  [{ changeStreamPreAndPostImages: { enabled: false } }, {}],
  [{ uuid: 'x' }, { writeConcern: { w: 1 } }],
])('options mean the same: %j and %j', (before, after) => {
  expect(differing(shape(before), shape(after))).toEqual([]);
});

test.each<[Document, Document, string[]]>([
  [{ validationLevel: 'moderate' }, {}, ['validationLevel']],
  [{}, { validationLevel: 'constraint' }, ['validationLevel']],
  [{ validationLevel: 'off', validationAction: 'warn' }, {}, ['validationLevel', 'validationAction']],
  [{ collation: { locale: 'de', strength: 1 } }, { collation: { locale: 'de' } }, ['collation']],
  [{ capped: true, size: 4096 }, {}, ['capped', 'size']],
  [{ expireAfterSeconds: 5 }, { expireAfterSeconds: 6 }, ['expireAfterSeconds']],
  [{ timeseries: { timeField: 't' } }, { timeseries: { timeField: 'u' } }, ['timeseries']],
])('options differ: %j and %j', (before, after, expected) => {
  expect(differing(shape(before), shape(after))).toEqual(expected);
});

test('options are compared only where both are known, and those of a validator only where there is one', () => {
  const off = { validationLevel: 'off', capped: true };
  expect(differing(shape(off), shape())).toEqual([]);
  expect(differing(shape(off, {}), shape({}))).toEqual(['capped']);
});
