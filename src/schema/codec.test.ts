import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObjectId, type Document } from 'mongodb';
import { Schema } from 'mongoose';
import { initialiseCollections } from '../database/init.ts';
import { testDatabase } from '../testing/database.ts';
import { toChanges, toDocument, toReplacement, toRepresentation } from './codec.ts';
import { collectionDefinition } from './collection.ts';
import { readFields } from './fields.ts';

const { Int32, ObjectId: Id } = Schema.Types;

const nozzle = new Schema(
  { ratio: { type: Number, required: true }, cooled: { type: Boolean, default: false } },
  { _id: false },
);
const firing = new Schema({ at: { type: Date, required: true }, seconds: { type: Int32, default: 1 } }, { _id: false });
const part = new Schema(
  {
    name: { type: String, required: true },
    note: String,
    mass: { type: Int32, default: 7 },
    builtAt: { type: Date, default: null },
    maker: Id,
    tank: { volume: { type: Number, default: 1.5 }, fuel: String },
    nozzle,
    tags: [String],
    firings: [firing],
  },
  { collection: 'parts', timestamps: true },
);
const fields = readFields(part);

const { connection, db } = await testDatabase();
await initialiseCollections(db, [collectionDefinition(connection.model('Part', part))]);
const parts = db.collection('parts');

const MAKER = '65a1b2c3d4e5f60718293a4b';
const NOON = '2026-05-01T12:00:00.000Z';
/** As a client would see it. */
const seen = (document: Document | null) => JSON.parse(JSON.stringify(toRepresentation(fields, document ?? {})));

describe('a document made from a body', () => {
  test('has the defaults of what the body leaves out, and nothing where there is none', () => {
    const bare = { mass: 7, builtAt: null, tank: { volume: 1.5 }, tags: [], firings: [] };
    expect(toDocument(fields, { name: 'a' })).toEqual({ name: 'a', ...bare });
    expect(toDocument(fields, { name: 'a', tank: { fuel: 'LH2' }, firings: [{ at: NOON }] })).toEqual({
      name: 'a',
      ...bare,
      tank: { volume: 1.5, fuel: 'LH2' },
      firings: [{ at: new Date(NOON), seconds: 1 }],
    });
  });

  test('has dates, ids and numbers where the body has what JSON makes of them', () => {
    const body = { name: 'a', builtAt: NOON, maker: MAKER, mass: -0, nozzle: { ratio: -0, cooled: true } };
    const { builtAt, maker, mass, nozzle: made } = toDocument(fields, body);
    expect([builtAt, maker]).toEqual([new Date(NOON), new ObjectId(MAKER)]);
    // Object.is: as -0 they would be stored as doubles.
    expect([mass, made]).toEqual([0, { ratio: 0, cooled: true }]);
  });

  test('shares no default with another one', () => {
    const first = toDocument(fields, { name: 'a' });
    first['tags'].push('x');
    first['tank'].fuel = 'x';
    expect(toDocument(fields, { name: 'a' })).toMatchObject({ tags: [], tank: { volume: 1.5 } });
    expect(seen({ _id: new ObjectId() })).toMatchObject({ tags: [], tank: { volume: 1.5 } });
  });

  test('has defaults of the type that is declared, as Mongoose casts them', () => {
    const dated = readFields(new Schema({ at: { type: Date, default: Date.now }, on: { type: Date, default: NOON } }));
    expect(toDocument(dated, {})).toEqual({ at: expect.any(Date), on: new Date(NOON) });
    const counted = readFields(
      new Schema({ n: { type: Int32, default: () => 5 }, by: { type: Id, default: () => MAKER } }),
    );
    expect(toDocument(counted, {})).toEqual({ n: 5, by: new ObjectId(MAKER) });
  });
});

describe('what a client sees', () => {
  test('of a document in an older shape are defaults, and the time of its id', () => {
    const _id = new ObjectId(MAKER);
    const at = _id.getTimestamp().toISOString();
    const bare = { mass: 7, builtAt: null, tank: { volume: 1.5 }, tags: [], firings: [] };
    expect(seen({ _id, name: 'a' })).toEqual({ id: MAKER, name: 'a', ...bare, createdAt: at, updatedAt: at });
    expect(seen({ _id, tank: {}, nozzle: { ratio: 2 } })).toMatchObject({
      tank: { volume: 1.5 },
      nozzle: { cooled: false },
    });
  });

  test('is no field that is not declared, be it in an object or an array', () => {
    const hidden = {
      _id: new ObjectId(),
      __v: 1,
      secret: 1,
      tank: { volume: 2, secret: 1 },
      nozzle: { ratio: 1, secret: 1 },
    };
    expect(JSON.stringify(seen({ ...hidden, firings: [{ at: NOON, secret: 1 }] }))).not.toMatch(/secret|__v/);
  });

  test('of the items of an array in an older shape are their defaults too', () => {
    expect(seen({ _id: new ObjectId(), firings: [{ at: NOON }] }).firings).toEqual([{ at: NOON, seconds: 1 }]);
  });
});

describe('the update operators', () => {
  test('of a patch touch what it names and nothing else; null is stored where it is a value', () => {
    const changes = { builtAt: null, note: null, tank: { volume: 3, fuel: null }, nozzle: { ratio: 2 }, tags: ['x'] };
    expect(toChanges(fields, changes, { tank: { volume: 1 }, nozzle: { ratio: 1 } })).toEqual({
      $set: { builtAt: null, 'tank.volume': 3, 'nozzle.ratio': 2, tags: ['x'] },
      $unset: { note: true, 'tank.fuel': true },
    });
    expect(toChanges(fields, {})).toEqual({ $set: {}, $unset: {} });
    expect(toChanges(fields, { builtAt: NOON, maker: MAKER, firings: [{ at: NOON }] }).$set).toEqual({
      builtAt: new Date(NOON),
      maker: new ObjectId(MAKER),
      firings: [{ at: new Date(NOON), seconds: 1 }],
    });
  });

  test('of a replacement set or unset every field that a client may write', () => {
    const { $set, $unset } = toReplacement(fields, { name: 'a', note: 'b' });
    expect($set).toEqual(toDocument(fields, { name: 'a', note: 'b' }));
    expect($unset).toEqual({ maker: true, nozzle: true });
  });
});

const text = fc.string({ maxLength: 3 });
const int = fc.integer({ min: -9, max: 9 });
const date = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((at) => at.toISOString());
const options = {
  note: text,
  mass: int,
  builtAt: fc.option(date),
  maker: fc.constant(MAKER),
  tags: fc.array(text, { maxLength: 2 }),
  firings: fc.array(fc.record({ at: date, seconds: int }), { maxLength: 2 }),
};
const tank = { volume: fc.double({ noNaN: true, noDefaultInfinity: true }), fuel: text };
const aNozzle = fc.record({ ratio: int, cooled: fc.boolean() }, { requiredKeys: ['ratio'] });
const body = fc.record(
  { ...options, name: text, tank: fc.record(tank, { requiredKeys: [] }), nozzle: aNozzle },
  { requiredKeys: ['name'] },
);
const patch = fc.record(
  {
    ...options,
    name: text,
    note: fc.option(text),
    maker: fc.constantFrom(MAKER, null),
    tank: fc.record({ ...tank, fuel: fc.option(text) }, { requiredKeys: [] }),
    nozzle: fc.option(aNozzle),
  },
  { requiredKeys: [] },
);
/** A document as some older release left it. */
const old = fc
  .tuple(body, fc.subarray(['note', 'mass', 'builtAt', 'tank', 'nozzle', 'tags', 'firings']))
  .map(([whole, lacking]) => ({ whole: toDocument(fields, whole), lacking }));

/** RFC 7396, section 2, where null is a value of `builtAt`, and a new nozzle takes its default. */
function merge(target: Document, changes: Document): Document {
  const merged = { ...target };
  for (const [name, value] of Object.entries(changes))
    if (value === null && name !== 'builtAt') delete merged[name];
    else if (typeof value !== 'object' || value === null || Array.isArray(value)) merged[name] = value;
    else merged[name] = merge(merged[name] ?? { cooled: false }, value);
  return merged;
}

describe('in the database, whatever shape a document has,', () => {
  async function update(
    { whole, lacking }: { whole: Document; lacking: string[] },
    change: (present: Document) => UpdateOperators,
  ) {
    const stored = Object.fromEntries(Object.entries(whole).filter(([name]) => !lacking.includes(name)));
    const { insertedId } = await parts.insertOne(stored);
    const { $set, $unset } = change(stored);
    const operators = { $set: { ...$set, updatedAt: new Date() }, $unset };
    const after = await parts.findOneAndUpdate({ _id: insertedId }, operators, { returnDocument: 'after' });
    const [{ updatedAt: _, ...before }, { updatedAt: __, ...now }] = [
      seen({ _id: insertedId, ...stored }),
      seen(after),
    ];
    return { before, now };
  }
  type UpdateOperators = ReturnType<typeof toChanges>;

  test('a patch does what RFC 7396 says', async () => {
    await fc.assert(
      fc.asyncProperty(old, patch, async (document, changes) => {
        const { before, now } = await update(document, (present) => toChanges(fields, changes, present));
        expect(now).toEqual(JSON.parse(JSON.stringify(merge(before, changes))));
      }),
      { numRuns: 80 },
    );
  });

  test('a replacement leaves what a new document would have', async () => {
    await fc.assert(
      fc.asyncProperty(old, body, async (document, whole) => {
        const { before, now } = await update(document, () => toReplacement(fields, whole));
        const { id, createdAt } = before;
        const { updatedAt: _, ...fresh } = seen({ _id: new ObjectId(), ...toDocument(fields, whole) });
        expect(now).toEqual({ ...fresh, id, createdAt });
      }),
      { numRuns: 40 },
    );
  });
});
