import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { Schema } from 'mongoose';
import supertest from 'supertest';
import { valueAt } from '../document.ts';
import { keywords } from '../schema/fields.ts';
import { testServer } from '../testing.ts';
import { isAccepted } from '../testing/accepted.ts';
import { readDescription } from '../testing/description.ts';
import type { ResourceDeclaration } from './resource-description.ts';

const { Int32, Double } = Schema.Types;
const part = new Schema({ a: { type: Number, required: true }, b: { type: Number, default: 1 } }, { _id: false });

const nullable = (type: unknown, rule: object) => ({ type, default: null, validate: keywords(rule) });
const beaconSchema = new Schema(
  {
    phase: nullable(String, { enum: ['cruise', 'landed'] }),
    stage: nullable(String, { enum: ['one', null, 'two'] }),
    level: nullable(Int32, { enum: [1, 2] }),
    ratio: nullable(Number, { enum: [0.5, 1] }),
    weight: nullable(Double, { minimum: 1, maximum: 2 }),
    isOn: nullable(Boolean, { enum: [true] }),
    code: nullable(String, { pattern: '^[a-z]+$', minLength: 3, maxLength: 5 }),
    labels: nullable([String], { minItems: 1, maxItems: 2 }),
    site: {
      phase: nullable(String, { enum: ['cruise', 'landed'] }),
      mode: { type: String, validate: keywords({ enum: ['a', 'b'] }) },
    },
    mode: { type: String, validate: keywords({ enum: ['a', 'b'] }) },
    speed: { type: Int32, validate: keywords({ enum: [1, 2] }) },
  },
  { collection: 'beacons', strict: 'throw' },
);

const resources: ResourceDeclaration[] = [
  { model: (on) => on.model('Beacon', beaconSchema), path: '/beacons', description: '' },
];
const { url, db, connection } = await testServer({ resources });
const api = supertest(url);
const { operation, compile } = await readDescription(url);
const Beacon = connection.model('Beacon');
const JSON_PATCH = 'application/json-patch+json';

/** An object with a value at a path. */
function at(path: string, value: unknown): Document {
  const [name = '', ...rest] = path.split('.');
  return { [name]: rest.length === 0 ? value : at(rest.join('.'), value) };
}

beforeEach(async () => {
  await db.collection('beacons').deleteMany({});
});

const NULLABLE: [path: string, allowed: unknown[], refused: unknown[]][] = [
  ['phase', ['cruise', 'landed'], ['', 'null', 'orbit', 5]],
  ['stage', ['one', 'two'], ['three', 'null']],
  ['level', [1, 2], [0, 3, '1', 1.5]],
  ['ratio', [0.5, 1], [0, 0.25]],
  ['weight', [1, 1.5, 2], [0.5, 2.5]],
  ['isOn', [true], [false, 1]],
  ['code', ['abc', 'abcde'], ['ab', 'abcdef', 'ABC', 'abc\n']],
  ['labels', [['a'], ['a', 'b']], [[], ['a', 'b', 'c'], [null]]],
  ['site.phase', ['cruise'], ['orbit']],
];
/** Without a default, so that null takes them away. */
const OPTIONAL: typeof NULLABLE = [
  ['mode', ['a', 'b'], ['c', '']],
  ['speed', [1, 2], [0, 3]],
  ['site.mode', ['a'], ['c']],
];

describe.each(NULLABLE)('%s with null as its default', (path, allowed, refused) => {
  test.each([null, ...allowed].map((value) => [value]))(
    'may be %j: to the API, the database and Mongoose',
    async (value) => {
      const body = at(path, value);
      const { body: member } = await api.post('/beacons').send({});
      const target = `/beacons/${member.id}`;
      const patch = JSON.stringify([{ op: 'replace', path: `/${path.replaceAll('.', '/')}`, value }]);
      const answers = [
        await api.post('/beacons').send(body),
        await api.put(target).send(body),
        await api.patch(target).send(at(path, allowed[0])),
        await api.patch(target).send(body),
        await api.patch(target).type(JSON_PATCH).send(patch),
      ];
      expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 200]);
      for (const answer of answers.filter((_, place) => place !== 2)) expect(valueAt(answer.body, path)).toEqual(value);
      expect(await isAccepted(db.collection('beacons'), body)).toBe(true);
      expect(valueAt(JSON.parse(JSON.stringify(await Beacon.create(body))), path)).toEqual(value);
      const schema = operation('createBeacon').requestBody?.content['application/json']?.schema ?? {};
      expect(compile(schema)(body)).toBe(true);
    },
  );

  test.each(refused.map((value) => [value]))('cannot be %j: to the API, the database and Mongoose', async (value) => {
    const body = at(path, value);
    const pointer = new RegExp(`^/${path.replaceAll('.', '/')}(/0)?$`);
    for (const answer of [await api.post('/beacons').send(body), await importOne('/beacons', body)]) {
      expect(answer.status).toBe(422);
      const [{ pointer: actual }] = answer.body.errors ?? answer.body.rows[0].errors;
      expect(actual).toMatch(pointer);
    }
    expect(await isAccepted(db.collection('beacons'), body)).toBe(false);
    // It casts what is of another type.
    if (typeof value === typeof allowed[0] && !Array.isArray(value))
      await expect(new Beacon(body).validate()).rejects.toThrow();
  });
});

describe.each(OPTIONAL)('%s without a default', (path, allowed, refused) => {
  test('is taken away by null in a merge patch, and in no other body', async () => {
    const { body: member } = await api.post('/beacons').send(at(path, allowed[0]));
    const emptied = await api.patch(`/beacons/${member.id}`).send(at(path, null));
    expect([emptied.status, valueAt(emptied.body, path)]).toEqual([200, undefined]);
    for (const value of [null, ...refused]) expect((await api.post('/beacons').send(at(path, value))).status).toBe(422);
  });
});

const importOne = (path: string, row: Document) => api.post(path).send([row]);

describe('a value that is none of an enumeration', () => {
  test.each<[Document, string]>([
    [{ mode: 'c' }, 'must be "a" or "b"'],
    [{ stage: 'three' }, 'must be "one", "two" or null'],
    [{ speed: 3 }, 'must be 1 or 2'],
    [{ isOn: false }, 'must be true or null'],
    [{ site: { mode: 'c' } }, 'must be "a" or "b"'],
  ])('%j is told which there are', async (body, detail) => {
    const { body: member } = await api.post('/beacons').send({});
    const target = `/beacons/${member.id}`;
    for (const write of [api.post('/beacons'), api.put(target)]) {
      const { status, body: problem } = await write.send(body);
      expect([status, problem.errors]).toEqual([422, [expect.objectContaining({ keyword: 'enum', detail })]]);
    }
    const { body: imported } = await importOne('/beacons', body);
    expect(imported.rows).toEqual([{ index: 0, errors: [expect.objectContaining({ keyword: 'enum', detail })] }]);
  });

  test('in a query is told so too', async () => {
    const { status, body } = await api.get('/beacons?mode=c');
    expect([status, body.errors[0].detail]).toEqual([400, 'must be "a" or "b"']);
  });
});

describe('what JSON cannot say', () => {
  const sensorSchema = new Schema(
    {
      mass: { type: Number },
      drift: { type: Double, validate: keywords({ minimum: -5 }) },
      level: { type: Number, default: null, validate: keywords({ maximum: 5 }) },
      site: { mass: { type: Number } },
      masses: { type: [Double] },
      parts: { type: [part] },
    },
    { collection: 'sensors', strict: 'throw' },
  );
  test.each(['mass', 'drift', 'level', 'site.mass', 'masses', 'parts'])(
    'is refused by the validator in %s, and every number that JSON can say is taken',
    async (path) => {
      const { db: own } = await testServer({
        resources: [{ model: (on) => on.model('Sensor', sensorSchema), path: '/sensors', description: '' }],
      });
      const wrapped = (number: unknown) =>
        path === 'masses' ? [1, number] : path === 'parts' ? [{ a: number, b: 1 }] : number;
      const store = (number: unknown) => own.collection('sensors').insertOne(at(path, wrapped(number)));
      for (const number of [NaN, Infinity, -Infinity]) await expect(store(number)).rejects.toMatchObject({ code: 121 });
      const least = path === 'drift' ? -5 : -Number.MAX_VALUE;
      const most = path === 'level' ? 5 : Number.MAX_VALUE;
      for (const number of [least, most, 0, -0, 5e-324, 1.5]) await store(number);
    },
  );
});
