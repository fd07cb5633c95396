import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BSON, Decimal128, Double, Int32, Long, ObjectId, type Document } from 'mongodb';
import mongoose, { Schema } from 'mongoose';
import { orderly } from '../testing/any-body.ts';
import { FIXTURES } from '../testing/fixtures.ts';
import { toDocument, toRepresentation } from './codec.ts';
import { readFields } from './fields.ts';
import { compileJsonText, dateIn } from './json-text.ts';

const { Int32: Integer, ObjectId: Id } = mongoose.Schema.Types;
const fields = readFields(
  new Schema(
    {
      name: { type: String, required: true },
      note: String,
      mass: { type: Integer, default: 7 },
      builtAt: { type: Date, default: null },
      checkedAt: { type: Date, default: () => new Date(0) },
      maker: Id,
      isSpare: { type: Boolean, default: false },
      tank: { volume: { type: Number, default: 1.5 }, fuel: String },
      tags: [String],
      '"odd"': { type: String, default: '\u2028"' },
    },
    { timestamps: true },
  ),
);
const write = compileJsonText(fields);

const theLongWay = (bson: Buffer) => JSON.stringify(toRepresentation(fields, BSON.deserialize(bson)));
const bsonOf = (document: Document) => Buffer.from(BSON.serialize(document));

const date = fc.date({ noInvalidDate: true });
const usual = {
  _id: fc.constant(null).map(() => new ObjectId()),
  name: fc.string({ unit: 'binary' }),
  note: fc.constantFrom('', '\u007F', '"\\\n', '\uFFFD', '\u{1F680}'),
  mass: fc.integer(),
  builtAt: date,
  checkedAt: date,
  maker: fc.constant(null).map(() => new ObjectId()),
  isSpare: fc.boolean(),
  tank: fc.record({ fuel: fc.string(), volume: fc.double(), _odd: fc.nat() }, { requiredKeys: [] }),
  '"odd"': fc.string(),
  createdAt: date,
  updatedAt: date,
  __v: fc.nat(),
  unknown: fc.constantFrom({ a: [1] }, [1, 'a'], 1.5),
};
const unusual = fc.constantFrom<unknown>(
  null,
  -0,
  Number.NaN,
  Infinity,
  2 ** 40,
  new Double(3),
  new Int32(3),
  Long.fromString('9007199254740993'),
  Long.fromString('-9007199254740992'),
  Long.fromString('1152921504606846976'),
  Long.fromNumber(-5),
  Long.MAX_VALUE,
  Decimal128.fromString('1.10'),
  new Date(Number.NaN),
  new Date(-62_135_596_800_001),
  new Date(8.64e15),
  /a/i,
  Buffer.from('a'),
  ['a', null],
  { volume: null },
);

test('whatever a document holds, in whatever order, it is what the representation would be', () => {
  const names = Object.keys(usual);
  const document = fc
    .tuple(
      fc.record(usual, { requiredKeys: ['_id'] }),
      fc.dictionary(fc.constantFrom(...names, 'tags', 'elsewhere'), unusual, { maxKeys: 2 }),
      fc.shuffledSubarray([...names, 'tags', 'elsewhere'], { minLength: names.length + 2 }),
    )
    .map(([ordinary, others, order]) => {
      const all: Document = { ...ordinary, ...others };
      return Object.fromEntries(order.filter((name) => name in all).map((name) => [name, all[name]]));
    });
  fc.assert(
    fc.property(document, (one) => {
      const bson = bsonOf(one);
      expect(write(bson)).toBe(theLongWay(bson));
      const { updatedAt } = BSON.deserialize(bson);
      expect([updatedAt instanceof Date ? updatedAt.getTime() : undefined, undefined]).toContain(
        dateIn(bson, 'updatedAt'),
      );
    }),
    { numRuns: 1000 },
  );
});

test('a date is found behind everything that a document of the model has', () => {
  const { builtAt, ...others } = usual;
  fc.assert(
    fc.property(fc.record({ ...others, tags: fc.array(fc.string()), builtAt }), (one) => {
      expect(dateIn(bsonOf(one), 'builtAt')).toBe(one.builtAt.getTime());
      expect(dateIn(bsonOf(one), 'built')).toBeUndefined();
    }),
  );
});

test.each(FIXTURES.map((fixture) => [fixture.path, fixture] as const))(
  'whatever is stored for %s, in older shapes too, it is what the representation would be',
  (_path, { model }) => {
    const fields = readFields(model(mongoose.createConnection()).schema);
    const write = compileJsonText(fields);
    const names = fields.map(({ name }) => name);
    const document = fc
      .tuple(
        orderly(fields),
        fc.dictionary(fc.constantFrom(...names), fc.oneof(unusual, fc.constantFrom({}, [], [{}], [null])), {
          maxKeys: 2,
        }),
        fc.shuffledSubarray(['_id', 'createdAt', ...names]),
      )
      .map(([body, others, order]) => {
        const all: Document = { _id: new ObjectId(), ...toDocument(fields, body), createdAt: new Date(0), ...others };
        return Object.fromEntries(['_id', ...order].flatMap((name) => (name in all ? [[name, all[name]]] : [])));
      });
    fc.assert(
      fc.property(document, (one) => {
        const bson = bsonOf(one);
        expect(write(bson)).toBe(JSON.stringify(toRepresentation(fields, BSON.deserialize(bson))));
      }),
      { numRuns: 1000 },
    );
  },
);

test.each([
  ['9007199254740991', 9_007_199_254_740_991],
  ['-9007199254740992', -9_007_199_254_740_992],
  ['1152921504606846976', 2 ** 60],
  ['9007199254740993', '9007199254740993'],
  ['-9223372036854775807', '-9223372036854775807'],
  ['9223372036854775807', '9223372036854775807'],
])('an int64 of %s is shown as %j: a number where JSON has it exactly, else a text', (digits, expected) => {
  const bson = bsonOf({
    _id: new ObjectId(),
    tank: { volume: Long.fromString(digits) },
    tags: [Long.fromString(digits)],
  });
  const { tank, tags } = JSON.parse(write(bson));
  expect([tank.volume, ...tags]).toEqual([expected, expected]);
  expect(write(bson)).toBe(theLongWay(bson));
});

test('every day and millisecond is written as JavaScript does', () => {
  fc.assert(
    fc.property(date, (builtAt) => {
      const bson = bsonOf({ _id: new ObjectId(), builtAt, tags: [] });
      expect(JSON.parse(write(bson)).builtAt).toBe(builtAt.toISOString());
    }),
  );
});

test('what makes no document is no member in pieces', () => {
  const bson = bsonOf({ _id: new ObjectId(), name: 'xx' });
  bson[bson.indexOf('xx')] = 0xff;
  expect(() => write(bson)).toThrow('UTF-8');
});

test('no document is made of what most documents hold', () => {
  const engine = readFields(
    new Schema({ title: String, lastFired: { type: Date, default: null } }, { timestamps: true }),
  );
  const stamps = { createdAt: new Date(), updatedAt: new Date() };
  const documents = [
    { _id: new ObjectId(), title: 'Merlin', lastFired: new Date(), ...stamps },
    { title: 'Merlin', _id: new ObjectId(), ...stamps, __v: 0, _search: { tokens: ['a'] } },
    { _id: new ObjectId(), lastFired: null, ...stamps },
  ].map(bsonOf);
  const texts = documents.map(
    compileJsonText(engine, () => {
      throw new Error('made');
    }),
  );
  expect(texts.map((text) => JSON.parse(text))).toMatchObject([{ title: 'Merlin' }, { lastFired: null }, {}]);
});
