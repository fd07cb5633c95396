import { beforeEach, describe, expect, test } from '@jest/globals';
import { Double, Long, ObjectId, type Document } from 'mongodb';
import { Error as MongooseError, Schema } from 'mongoose';
import supertest from 'supertest';
import { testServer } from '../testing.ts';
import { FIXTURES } from '../testing/fixtures.ts';
import { relaysEnded } from '../rest/index.ts';
import { exactValues } from './exact-values-plugin.ts';

const bare = new Schema({ base: { code: String }, inner: new Schema({ note: String }, { _id: false }) });
bare.plugin(exactValues);
const { url, db, connection } = await testServer({
  resources: [...FIXTURES, { model: (to) => to.model('Bare', bare, 'bare'), path: '/bare', description: 'Bare ones' }],
});
const { Probe, Bare } = connection.models;
if (!Probe || !Bare) throw new Error('testServer() made no models');
const probes = db.collection('probes');
const api = supertest(url);

beforeEach(() => probes.deleteMany({}));

/** As JSON, which knows -0. */
const json = (value: unknown): string =>
  JSON.stringify(value, (_name, one: unknown) => (Object.is(one, -0) ? '-0' : one)).replaceAll('"-0"', '-0');

/** What is stored besides what differs in each document, in its BSON types; a Double may be an int. */
async function stored(collection = probes): Promise<Document | undefined> {
  await relaysEnded();
  const [found] = await collection
    .find({}, { promoteValues: false, projection: { _id: 0, __v: 0, createdAt: 0, updatedAt: 0, _outbox: 0 } })
    .toArray();
  await collection.deleteMany({});
  return (
    found &&
    JSON.parse(JSON.stringify(found, (_name, one: unknown) => (Object.is(Object(one).valueOf(), -0) ? '-0' : one)))
  );
}

async function byHttp(fields: Document): Promise<Document | undefined> {
  const { status } = await api
    .post('/probes')
    .type('json')
    .send(json({ title: 'a', ...fields }));
  const document = await stored();
  expect([status, document === undefined]).toEqual(status === 201 ? [201, false] : [status, true]);
  expect(status).toBeLessThan(500);
  return document;
}

async function byModel(fields: Document): Promise<Document | undefined> {
  await Probe?.create({ title: 'a', ...fields }).catch((error: unknown) => {
    // Never what the database says.
    expect(error).toBeInstanceOf(MongooseError);
  });
  return stored();
}

const name = 'x';
describe('what the API stores, the model stores', () => {
  test.each<[string, Document]>([
    ['nothing but what is demanded', {}],
    ['-0 in an Int32', { thrust: -0 }],
    ['-0 in a Number', { mass: -0 }],
    ['-0 in a Double', { drift: -0 }],
    ['-0 in an object', { size: { radius: -0, height: -0 } }],
    ['-0 in an array', { instruments: [{ name, mass: -0 }] }],
    ['large numbers', { mass: 2 ** 53 + 2, drift: -1.5e300 }],
    ['undefined', { thrust: undefined, mass: undefined, site: undefined, size: undefined, tags: undefined }],
    ['undefined in an object', { site: { country: undefined } }],
    ['null that is a value', { lastFired: null, phase: null }],
    ['empty arrays', { tags: [], bands: [], instruments: [] }],
    ['an empty object', { site: {} }],
    ['objects that take defaults', { size: { radius: 1 }, instruments: [{ name }] }],
    ['times', { lastFired: '2016-02-29T23:59:59.123456+05:30' }],
    ['a time of another day in UTC', { lastFired: '0001-01-01T00:00:00Z' }],
    ['an id', { carrier: '65a1b2c3d4e5f60718293a4b' }],
    ['an empty text where one is demanded', { instruments: [{ name: '' }] }],
    ['the longest text', { title: '🚀'.repeat(128) }],
    ['any characters', { title: '\u0000é漢\u{10FFFF}' }],
  ])('%s', async (_what, fields) => {
    const document = await byHttp(fields);
    expect(document).toBeDefined();
    expect(await byModel(fields)).toEqual(document);
  });

  test('objects that are empty', async () => {
    const collection = db.collection('bare');
    for (const fields of [{}, { base: {} }, { inner: {} }]) {
      await api.post('/bare').send(fields).expect(201);
      const document = await stored(collection);
      await Bare.create(fields);
      expect(await stored(collection)).toEqual(document);
    }
  });
});

describe('what the API refuses, the model refuses, in words of its own', () => {
  test.each<[string, Document]>([
    ...['title', 'thrust', 'mass', 'drift', 'kind', 'isCrewed', 'carrier', 'size', 'site', 'tags', 'instruments'].map(
      (field): [string, Document] => [`null in ${field}`, { [field]: null }],
    ),
    ['null in an object', { site: { code: null } }],
    ['null for what an object must have', { size: { radius: null } }],
    ['null in an array', { tags: ['a', null] }],
    ['null among objects', { instruments: [{ name }, null] }],
    ['null in an object of an array', { instruments: [{ name, mass: null }] }],
    ['an object without what it must have', { size: {} }],
    ['a fraction in an Int32', { thrust: 1.5 }],
    ['what is too large for an Int32', { thrust: 2 ** 31 }],
    ['a text that is no number', { mass: 'x' }],
    ['no text for a number', { mass: '' }],
    ['a number that would be stored as another', { mass: '9007199254740993' }],
    ['a text that is no time', { lastFired: 'now' }],
    ['no text for a time', { lastFired: '' }],
    ['a day that there is not', { lastFired: '2026-02-30T00:00:00Z' }],
    ['a year of five digits', { lastFired: '+010000-01-01T00:00:00Z' }],
    ['a time of another year in UTC', { lastFired: '9999-12-31T23:59:59-01:00' }],
    ['what is not in the enumeration', { kind: 'x' }],
    ['what breaks a pattern', { serial: 'x' }],
    ['what is too long', { title: 'x'.repeat(129) }],
    ['half of a surrogate pair', { title: '\uD800' }],
    ['a field that is not declared', { colour: 'red' }],
    ['one in a nested object', { site: { colour: 'red' } }],
    ['one in an object', { size: { radius: 1, colour: 'red' } }],
    ['one in an object of an array', { instruments: [{ name, colour: 'red' }] }],
  ])('%s', async (_what, fields) => {
    expect([await byHttp(fields), await byModel(fields)]).toEqual([undefined, undefined]);
  });

  test.each<[string, Document]>([
    ['NaN', { mass: NaN }],
    ['NaN in a Double', { size: { radius: NaN } }],
    ['infinity', { drift: Infinity, mass: -Infinity }],
    ['an int64 that a Number does not hold', { mass: Long.fromString('9007199254740993') }],
    ['a time that is none', { lastFired: new Date(NaN) }],
    ['undefined in an array', { tags: [undefined] }],
    ['a time before all years', { lastFired: new Date(-8.64e15) }],
  ])('%s, which JSON does not know', async (_what, fields) => {
    expect(await byModel(fields)).toBeUndefined();
  });

  // Mongoose's own; the API stores them, for in JSON they are numbers.
  test.each<[string, Document]>([['a bigint', { mass: 5n }]])(
    '%s is refused by the model alone',
    async (_what, fields) => {
      expect(await byModel(fields)).toBeUndefined();
    },
  );
});

// Mongoose casts what the API refuses: no value is lost in it.
describe('the model alone casts', () => {
  test.each<[string, Document, Document]>([
    ['texts to numbers', { thrust: '5', mass: '1.5', drift: '-0' }, { thrust: 5, mass: 1.5, drift: 0 }],
    ['truth to numbers', { mass: true }, { mass: 1 }],
    ['numbers of BSON', { mass: Long.fromNumber(5), drift: new Double(-0) }, { mass: 5, drift: 0 }],
    ['numbers to texts', { title: 5 }, { title: '5' }],
    ['numbers and texts to truth', { isCrewed: 'true' }, { isCrewed: true }],
    ['numbers and dates to times', { lastFired: 5 }, { lastFired: '1970-01-01T00:00:00.005Z' }],
    ['days to times', { lastFired: '2026-05-01' }, { lastFired: '2026-05-01T00:00:00.000Z' }],
    ['one thing to an array', { tags: 5, instruments: { name } }, { tags: ['5'], instruments: [{ name, mass: 0 }] }],
    ['ids in capitals', { carrier: '65A1B2C3D4E5F60718293A4B' }, { carrier: '65a1b2c3d4e5f60718293a4b' }],
    ['paths to objects', { 'site.code': 'x' }, { site: { code: 'x', country: '' } }],
  ])('%s', async (_what, fields, cast) => {
    expect(await byHttp(fields)).toBeUndefined();
    expect(await byModel(fields)).toMatchObject(cast);
  });

  test('and takes an id and times, as an import does', async () => {
    const [_id, at] = [new ObjectId(), new Date(0)];
    await Probe.create({ _id, title: 'a', createdAt: at });
    expect(await probes.findOne()).toMatchObject({ _id, createdAt: at });
  });
});

describe('a later write of the model', () => {
  const id = new ObjectId();
  beforeEach(() => Probe.create({ _id: id, title: 'a', thrust: 7, mass: 7 }));
  const writes: [string, (fields: Document) => Promise<unknown>][] = [
    ['save()', async (fields) => Object.assign(Object(await Probe.findById(id)), fields).save()],
    ['updateOne()', async (fields) => Probe.updateOne({ _id: id }, fields)],
    ['updateMany()', async (fields) => Probe.updateMany({ _id: id }, { $set: fields })],
    ['findOneAndUpdate()', async (fields) => Probe.findOneAndUpdate({ _id: id }, fields)],
    ['replaceOne()', async (fields) => Probe.replaceOne({ _id: id }, { title: 'a', ...fields })],
    ['insertMany()', async (fields) => Probe.insertMany([{ title: 'b', ...fields }])],
  ];

  test.each(writes)('%s stores the values that the API stores', async (_name, write) => {
    await write({ thrust: -0, mass: -0, size: { radius: -0 } });
    const [document] = await probes.find({ mass: { $ne: 7 } }, { promoteValues: false }).toArray();
    expect(json(document)).toContain('"thrust":0,');
    expect(json(document)).not.toContain('-0,');
    expect(json(document)).toContain('"radius":0');
  });

  test.each(writes)('%s refuses what the API refuses, in words of its own', async (_name, write) => {
    for (const fields of [
      { mass: null },
      { mass: NaN },
      { drift: Infinity },
      { lastFired: '2026-02-30T00:00:00Z' },
      { kind: 'x' },
    ]) {
      const before = await probes.find().toArray();
      await expect(write(fields)).rejects.toThrow(MongooseError);
      expect(await probes.find().toArray()).toEqual(before);
    }
  });
});

describe('a default that is a function', () => {
  const seenAt = { type: Date, default: Date.now };
  const inner = () => new Schema({ note: String, seenAt }, { _id: false });
  const schema = new Schema({ note: String, seenAt, site: { code: String, seenAt }, size: inner(), parts: [inner()] });
  schema.plugin(exactValues);
  const Buoy = connection.model('Buoy', schema, 'buoys');
  const buoys = db.collection('buoys');

  test('is for new documents and new elements: an old one is read and saved without it', async () => {
    const old = { _id: new ObjectId(), note: 'a', site: { code: 'x' }, size: { note: 'a' }, parts: [{ note: 'a' }] };
    await buoys.insertOne({ ...old, __v: 0 });
    const document = await Buoy.findById(old._id);
    expect(document?.toObject()).toEqual({ ...old, __v: 0 });
    await document?.set({ note: 'b', parts: [...old.parts, { note: 'b' }] }).save();
    const time = expect.any(Date);
    expect(await buoys.findOne()).toMatchObject({ note: 'b', site: { code: 'x' }, size: { note: 'a' } });
    expect(await buoys.findOne({ $or: [{ seenAt: { $ne: null } }, { 'site.seenAt': { $ne: null } }] })).toBeNull();
    const { _id } = await Buoy.create({ size: {}, parts: [{}] });
    const made = { seenAt: time };
    expect(await buoys.findOne({ _id })).toEqual({ _id, __v: 0, ...made, site: made, size: made, parts: [made] });
  });
});
