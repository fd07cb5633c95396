import { describe, expect, test } from '@jest/globals';
import mongoose, { Schema, type SchemaDefinition } from 'mongoose';
import { OperatorError } from '../operator-error.ts';
import { collectionDefinition } from './collection.ts';
import type { Field, Keywords } from './field.ts';
import { keywords, readFields } from './fields.ts';

const connection = mongoose.createConnection();
const { Int32, Double, ObjectId, Mixed, Decimal128 } = Schema.Types;

/** Keywords of which the compiler would say already that there are no such ones. */
const unchecked = (rule: object) => keywords(rule);
const ruled = (type: unknown, rule: Keywords, more: object = {}): object => ({
  type,
  validate: unchecked(rule),
  ...more,
});
const inner = new Schema({ a: { type: Number, required: true }, b: { type: Number, default: 1 } }, { _id: false });

/** The model's fields; the model is called Probe. */
function declare(definition: SchemaDefinition): Field[] {
  const schema = new Schema(definition, { collection: 'probes' });
  const model = connection.model('Probe', schema, 'probes', { overwriteModels: true });
  collectionDefinition(model);
  return readFields(schema, 'Probe');
}

const MONGOOSE = [
  [
    { type: String, enum: ['a', 'b'] },
    'only Mongoose would obey "enum"; write validate: keywords({ enum: ["a","b"] }) instead',
  ],
  [{ type: String, enum: { values: ['a'], message: 'no' } }, 'write validate: keywords({ enum: ["a"] }) instead'],
  [{ type: String, enum: { A: 'a', B: 'b' } }, 'write validate: keywords({ enum: ["a","b"] }) instead'],
  [{ type: Number, min: 0 }, 'only Mongoose would obey "min"; write validate: keywords({ minimum: 0 }) instead'],
  [{ type: Number, max: [10, 'too much'] }, 'write validate: keywords({ maximum: 10 }) instead'],
  [{ type: Int32, min: 1 }, 'write validate: keywords({ minimum: 1 }) instead'],
  [{ type: String, minlength: 1 }, 'write validate: keywords({ minLength: 1 }) instead'],
  [{ type: String, minLength: 2 }, 'write validate: keywords({ minLength: 2 }) instead'],
  [{ type: String, maxlength: [20, 'no'] }, 'write validate: keywords({ maxLength: 20 }) instead'],
  [{ type: String, match: /^[a-z]+$/ }, 'write validate: keywords({ pattern: "^[a-z]+$" }) instead'],
  [{ type: String, match: [/^a/, 'no'] }, 'write validate: keywords({ pattern: "^a" }) instead'],
  [{ type: Date, min: new Date(0) }, 'only Mongoose would obey "min"; leave it out'],
  ...['trim', 'lowercase', 'uppercase', 'immutable', 'select', 'alias', 'set', 'get'].map(
    (option): [object, string] => [
      { type: String, [option]: option === 'alias' ? 'other' : option.endsWith('et') ? String : true },
      `only Mongoose would obey "${option}"; leave it out`,
    ],
  ),
  [{ type: String, validate: () => true }, 'MongoDB cannot apply this validator; use validate: keywords({ … })'],
  [{ type: String, required: () => true }, 'MongoDB has no conditional "required"'],
  [{ type: Mixed }, 'the type Mixed cannot be served; use String, Int32, Number,'],
  [{ type: Decimal128 }, 'the type Decimal128 cannot be served'],
  [{ type: Map, of: String }, 'the type Map cannot be served'],
] satisfies [object, string][];

const CONTRADICTIONS = [
  [ruled(ObjectId, { pattern: '^[0-9a-f]{4}$' }), '"pattern" does not apply to an ObjectId; leave it out'],
  [ruled(Date, { enum: ['2026-05-01T00:00:00Z'] }), '"enum" does not apply to a Date'],
  [ruled(ObjectId, { enum: ['65a1b2c3d4e5f60718293a4b'] }), '"enum" does not apply to an ObjectId'],
  [ruled(Date, { minimum: 0 }), '"minimum" does not apply to a Date'],
  [ruled(Number, { minLength: 1 }), '"minLength" does not apply to a Number'],
  [ruled(String, { maximum: 1 }), '"maximum" does not apply to a String'],
  [ruled(Boolean, { pattern: 'a' }), '"pattern" does not apply to a Boolean'],
  [ruled([String], { maxLength: 5 }), '"maxLength" does not apply to an Array; declare it with the elements'],
  [ruled(String, { minItems: 1 }), '"minItems" does not apply to a String'],
  [ruled(inner, { minItems: 1 }), '"minItems" does not apply to an Object'],
  [ruled(String, Object({ format: 'email' })), '"format" does not apply to a String'],
  [
    ruled(Int32, { maximum: 1e10 }),
    'maximum 10000000000 is outside of an Int32, -2147483648 to 2147483647; make it a Number',
  ],
  [ruled(Int32, { minimum: -3e9 }), 'minimum -3000000000 is outside of an Int32'],
  [ruled(Int32, { minimum: 0.2, maximum: 0.8 }), 'no whole number lies between 0.2 and 0.8'],
  [ruled(Number, { minimum: 2, maximum: 1 }), 'minimum 2 is greater than maximum 1'],
  [ruled(Number, { minimum: NaN }), 'minimum is NaN and must be a number'],
  [ruled(Double, { maximum: Infinity }), 'maximum is Infinity and must be a number'],
  [ruled(String, { minLength: 3, maxLength: 2 }), 'minLength 3 is greater than maxLength 2'],
  [ruled(String, { maxLength: -1 }), 'maxLength is -1 and must be a whole number from 0'],
  [ruled(String, { minLength: 1.5 }), 'minLength is 1.5 and must be a whole number from 0'],
  [ruled([String], { minItems: 2, maxItems: 1 }, { default: undefined }), 'minItems 2 is greater than maxItems 1'],
  [ruled([String], { minItems: 1 }), 'its default [] breaks its own rules: it must NOT have fewer than 1 items'],
  [ruled(String, { enum: [] }), 'its enum must be a list of values'],
  [ruled(String, { enum: ['a', 'a'] }), 'its enum has a value twice'],
  [ruled(String, { enum: ['a', 5] }), 'the value 5 breaks its own rules: it must be string'],
  [ruled(Int32, { enum: [1.5] }), 'the value 1.5 breaks its own rules: it must be integer'],
  [
    ruled(String, { enum: ['abc'], maxLength: 2 }),
    'the value "abc" breaks its own rules: it must NOT have more than 2',
  ],
  [ruled(String, { enum: ['a', null] }), 'its enum has null, which is a value only with default: null'],
  [
    ruled(String, { enum: ['a'] }, { default: 'b' }),
    'its default "b" breaks its own rules: it must be equal to one of',
  ],
  [ruled(Int32, { minimum: 1 }, { default: 0 }), 'its default 0 breaks its own rules: it must be >= 1'],
  [ruled(String, { maxLength: 2 }, { example: 'abc' }), 'its example "abc" breaks its own rules'],
  [
    { type: Date, example: 'yesterday' },
    'its example "yesterday" breaks its own rules: it must match format "date-time"',
  ],
  [{ type: Int32, default: 1.5 }, 'its default 1.5 cannot be converted to an Int32'],
  [{ type: Number, default: 'many' }, 'its default "many" cannot be converted to a Number'],
  [{ type: Number, default: Infinity }, 'its default null breaks its own rules: it must be number'],
  [{ type: Date, default: 'yesterday' }, 'its default "yesterday" cannot be converted to a Date'],
  [{ type: [Int32], default: ['x'] }, 'its default ["x"] cannot be converted to an Array'],
  [{ type: inner, default: {} }, `its default {"b":1} breaks its own rules: it must have required property 'a'`],
  [{ type: String, required: true, default: null }, 'a required field cannot have default: null'],
  [{ type: inner, default: null }, 'an object cannot be null'],
  [ruled(String, { pattern: '^a{3}$', maxLength: 2 }), 'no example can be made from its rules; declare one'],
  [ruled(String, { pattern: '^\\d+$' }), 'the pattern "^\\\\d+$" has \\d, and the engines disagree'],
  [
    { type: String, validate: [keywords({ minLength: 1 }), keywords({ minLength: 2 })] },
    '"minLength" is declared twice',
  ],
] satisfies [object, string][];

describe('is refused with a sentence that names the model and the field, be it in an object or an array', () => {
  const part = (field: object) => new Schema({ field }, { _id: false });
  const places: [string, string, (field: object) => SchemaDefinition][] = [
    ['outermost', 'Probe.field', (field) => ({ field })],
    ['in a nested object', 'Probe.part.field', (field) => ({ part: { field } })],
    ['in an object with a schema', 'Probe.part.field', (field) => ({ part: part(field) })],
    ['in an array of objects', 'Probe.parts[].field', (field) => ({ parts: [part(field)] })],
  ];
  describe.each(places)('%s', (_where, place, definition) => {
    test.each([...MONGOOSE, ...CONTRADICTIONS])('%#: %j', (field, sentence) => {
      const act = () => declare(definition(field));
      expect(act).toThrow(OperatorError);
      expect(act).toThrow(`${place}: `);
      expect(act).toThrow(sentence);
    });
  });

  test.each([
    [{ type: String, maxlength: 5 }, 'Probe.list[]: only Mongoose would obey "maxlength"'],
    [ruled(String, { maximum: 5 }), 'Probe.list[]: "maximum" does not apply to a String'],
    [ruled(Int32, { maximum: 1e10 }), 'Probe.list[]: maximum 10000000000 is outside of an Int32'],
    [ruled(String, { enum: ['a'] }, { example: 'b' }), 'Probe.list[]: its example "b" breaks its own rules'],
  ])('as the element of an array, %j', (element, sentence) => {
    expect(() => declare({ list: [element] })).toThrow(sentence);
  });
});

test.each<[string, object, Partial<Field>]>([
  ['an Int32 within its own bounds', ruled(Int32, { maximum: 2 ** 31 - 1 }), { example: 1 }],
  ['a default that Mongoose casts', { type: Int32, default: '5' }, { default: 5, example: 5 }],
  ['a date as a number', { type: Date, default: 0 }, { default: '1970-01-01T00:00:00.000Z' }],
  ['an array with items', ruled([String], { minItems: 1 }, { default: ['a'] }), { default: ['a'] }],
  ['an array without a default', ruled([String], { minItems: 1 }, { default: undefined }), { default: undefined }],
  ['a nullable array', { type: [String], default: null }, { default: null, nullable: true }],
  ['null in an enumeration', ruled(String, { enum: ['a', null] }, { default: null }), { nullable: true, example: 'a' }],
  ['a whole object by default', { type: inner, default: { a: 2 } }, { default: { a: 2, b: 1 } }],
  ['a default that is required', { type: String, required: true, default: 'x' }, { required: true, default: 'x' }],
  [
    'a default that is a function',
    { type: String, default: () => 'x' },
    { default: expect.any(Function), example: 'text' },
  ],
  ['a requirement with a message', { type: String, required: [true, 'please'] }, { required: true }],
  ['a requirement that is only a message', { type: String, required: 'please' }, { required: true }],
  [
    'two validators',
    { type: String, validate: [keywords({ minLength: 1 }), keywords({ maxLength: 2 })] },
    { required: false },
  ],
])('is accepted: %s', (_what, field, read) => {
  expect(declare({ field })[0]).toMatchObject(read);
});
