import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import { Schema } from 'mongoose';
import supertest from 'supertest';
import { collectionDefinitions } from '../models.ts';
import { keywords } from '../schema/fields.ts';
import { testServer } from '../testing.ts';
import { isAccepted } from '../testing/accepted.ts';
import { readDescription } from '../testing/description.ts';
import type { ResourceDeclaration } from './resource-description.ts';

const { Int32 } = Schema.Types;
const part = new Schema({ a: { type: Number, required: true }, b: { type: Number, default: 1 } }, { _id: false });
const depotSchema = new Schema(
  {
    name: { type: String, required: true },
    tags: { type: [String], default: ['new'] },
    sizes: { type: [Int32], default: ['5'] },
    parts: { type: [part], default: [{ a: 1 }] },
    bare: { type: [String] },
    none: { type: [String], default: undefined },
    empty: { type: [String], default: null },
    made: { type: [String], default: () => ['made'] },
    must: { type: [String], required: true },
    grade: { type: Int32, required: true, default: 1 },
    kind: { type: String, required: true, default: 'depot', validate: keywords({ enum: ['depot', 'port'] }) },
    since: { type: Date, required: true, default: 0 },
    box: { type: part, default: { a: 2 } },
    site: { country: { type: String, required: true, default: 'NL' } },
  },
  { collection: 'depots', strict: 'throw' },
);

const resources: ResourceDeclaration[] = [
  { model: (on) => on.model('Depot', depotSchema), path: '/depots', description: '' },
];
const { url, db, connection } = await testServer({ resources });
const api = supertest(url);
const { operation, compile } = await readDescription(url);
const Depot = connection.model('Depot');
const JSON_PATCH = 'application/json-patch+json';

const importOne = (path: string, row: Document) => api.post(path).send([row]);

beforeEach(async () => {
  await db.collection('depots').deleteMany({});
});

describe('a default', () => {
  const NAMED = { name: 'Alpha' };
  const SHOWN = {
    ...NAMED,
    tags: ['new'],
    sizes: [5],
    parts: [{ a: 1, b: 1 }],
    bare: [],
    empty: null,
    made: ['made'],
    must: [],
    grade: 1,
    kind: 'depot',
    since: '1970-01-01T00:00:00.000Z',
    box: { a: 2, b: 1 },
    site: { country: 'NL' },
  };
  afterEach(async () => {
    await db.command({ collMod: 'depots', validationLevel: 'strict' });
  });

  const writes: [string, (body: Document) => Promise<Document>][] = [
    ['POST', async (body) => (await api.post('/depots').send(body)).body],
    [
      'PUT',
      async (body) => {
        const { body: member } = await api.post('/depots').send({ name: 'Beta', tags: [], grade: 5 });
        return (await api.put(`/depots/${member.id}`).send(body)).body;
      },
    ],
    [
      'an import',
      async (body) => {
        await importOne('/depots', body);
        return (await api.get('/depots')).body[0];
      },
    ],
    [
      'an import as CSV',
      async (body) => {
        const names = Object.keys(body);
        const cells = Object.values(body).map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
        const quoted = cells.map((cell) => `"${cell.replaceAll('"', '""')}"`);
        await api
          .post('/depots')
          .type('text/csv')
          .send(`${names.join(',')}\n${quoted.join(',')}\n`);
        return (await api.get('/depots')).body[0];
      },
    ],
  ];

  test.each(writes)('of any type is what Mongoose makes of it, by %s', async (_how, write) => {
    const given = { ...NAMED, tags: [], grade: 3, must: ['x'] };
    for (const body of [NAMED, given]) {
      await db.collection('depots').deleteMany({});
      const shown = await write(body);
      expect(shown).toEqual({ ...SHOWN, ...body, id: shown['id'] });
      const { _id, ...stored } =
        (await db.collection('depots').findOne({ _id: new ObjectId(shown['id']) }, { projection: { _outbox: 0 } })) ??
        {};
      const { _id: _own, __v, ...made } = new Depot(body).toObject();
      expect(stored).toEqual(made);
    }
  });

  test('is shown of old documents, and a migration gives it to them', async () => {
    await db.command({ collMod: 'depots', validationLevel: 'off' });
    await db.collection('depots').insertOne({ ...NAMED });
    const [{ id, ...shown }] = (await api.get('/depots')).body;
    expect(shown).toMatchObject({
      ...NAMED,
      tags: ['new'],
      sizes: [5],
      must: [],
      grade: 1,
      kind: 'depot',
      since: SHOWN.since,
    });
    expect((await api.get(`/depots/${id}`)).body).toEqual({ id, ...shown });
    expect(collectionDefinitions(connection, resources)[0]?.defaults).toMatchObject({
      tags: ['new'],
      sizes: [5],
      parts: [{ a: 1, b: 1 }],
      bare: [],
      empty: null,
      grade: 1,
      kind: 'depot',
      since: new Date(0),
      box: { a: 2, b: 1 },
      'site.country': 'NL',
    });
  });

  test('is not demanded of a body, always shown, and cannot be taken away', async () => {
    const { id, ...shown } = (await api.post('/depots').send(NAMED)).body;
    expect(shown).toEqual(SHOWN);
    for (const name of ['grade', 'kind', 'since', 'tags', 'must']) {
      const { status, body } = await api.patch(`/depots/${id}`).send({ [name]: null });
      expect([status, body.errors[0]]).toEqual([
        422,
        expect.objectContaining({ pointer: `/${name}`, keyword: 'type' }),
      ]);
    }
    await api.patch(`/depots/${id}`).send({ grade: 4 });
    const removed = await api.patch(`/depots/${id}`).type(JSON_PATCH).send('[{"op":"remove","path":"/grade"}]');
    expect([removed.status, removed.body.grade]).toEqual([200, 1]);
    expect(await isAccepted(db.collection('depots'), { ...NAMED, must: [], kind: 'depot', since: new Date() })).toBe(
      false,
    );
  });

  test('is described, and what has one is demanded of no body', async () => {
    const create = operation('createDepot').requestBody?.content['application/json']?.schema ?? {};
    const read = operation('readDepot').responses[200]?.content?.['application/json']?.schema ?? {};
    expect([compile(create)(NAMED), compile(create)({ ...NAMED, grade: 'x' })]).toEqual([true, false]);
    const whole = { id: '65a1b2c3d4e5f60718293a4b', ...SHOWN };
    expect(compile(read)(whole)).toBe(true);
    for (const name of ['grade', 'kind', 'since', 'tags', 'must'])
      expect([name, compile(read)({ ...whole, [name]: undefined })]).toEqual([name, false]);
    const { body } = await api.get('/openapi.json');
    const { properties, required } = body.components.schemas.NewDepot;
    expect(required).toEqual(['name']);
    expect(properties.tags.default).toEqual(['new']);
    expect([properties.sizes.default, properties.empty.default, properties.grade.default]).toEqual([[5], null, 1]);
  });
});
