import { describe, expect, test } from '@jest/globals';
import { Schema } from 'mongoose';
import { keywords, readFields } from './fields.ts';

const { Mixed, Buffer, Decimal128, BigInt } = Schema.Types;

const nozzle = new Schema(
  { ratio: { type: Number, required: true }, cooled: { type: Boolean, default: false } },
  { _id: false },
);

describe('a schema is refused, by the path, that', () => {
  const custom = { validator: (value: unknown) => value !== 'x', message: 'no x' };
  test.each([
    ['limits a length as Mongoose counts it', { type: String, maxlength: 5 }],
    ['limits a length as Mongoose counts it', { type: String, minLength: 5 }],
    ['has an enum of Mongoose', { type: String, enum: ['a'] }],
    ['has a pattern of Mongoose', { type: String, match: /a/ }],
    ['has a bound of Mongoose', { type: Number, min: 1 }],
    ['has a bound of Mongoose', { type: Date, max: new Date() }],
    ['has a validator of its own', { type: String, validate: custom }],
    ['has a validator of its own among others', { type: String, validate: [keywords({ maxLength: 5 }), custom] }],
    ['is changed by Mongoose', { type: String, trim: true }],
    ['adds an _id to an object', new Schema({ inner: String })],
    ['adds an _id to the items of an array', [new Schema({ inner: String })]],
    ['has a map', { type: Map, of: String }],
    ['has anything', Mixed],
    ['has bytes', Buffer],
    ['has decimals', Decimal128],
    ['has big integers', BigInt],
    ['limits the items of an array so', [{ type: String, maxlength: 5 }]],
    ['limits what an object holds so', new Schema({ inner: { type: String, maxlength: 5 } })],
    ['limits what the items of an array hold so', [new Schema({ inner: { type: String, maxlength: 5 } })]],
    ['has an object that may be null, into which MongoDB merges nothing', { type: nozzle, default: null }],
    ['requires a field under a condition', { type: String, required: () => false }],
  ])('%s', (_what, type) => {
    expect(() => readFields(new Schema({ field: type }))).toThrow(/^(field|inner)\b/);
  });

  test.each([
    new Schema({ field: { type: String, required: true } }),
    new Schema({ field: { type: String, required: [true, 'say the field'] } }),
  ])('but not one that requires a field, in either spelling', (schema) => {
    expect(readFields(schema)).toMatchObject([{ required: true }]);
  });
});
