import { beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import { Schema, type Connection } from 'mongoose';
import supertest from 'supertest';
import { readDescription } from '../../testing/description.ts';
import { testServer } from '../../testing.ts';

let clock = Date.parse('2026-05-01T00:00:00Z');
const seenAt = { type: Date, default: () => new Date((clock += 1000)) };
const inner = () => new Schema({ name: { type: String, default: 'x' }, note: String, seenAt }, { _id: false });
const schema = new Schema(
  {
    name: { type: String, required: true },
    note: String,
    seenAt,
    site: { code: { type: String, default: 'y' }, seenAt },
    size: inner(),
    parts: [inner()],
    log: { type: inner(), default: () => ({}) },
  },
  { collection: 'buoys', timestamps: true },
);
const { url, db } = await testServer({
  resources: [
    {
      model: (connection: Connection) => connection.model('Buoy', schema),
      path: '/buoys',
      description: 'Buoys',
    },
  ],
});
const buoys = db.collection('buoys');
const api = supertest(url);
const { operation, compile } = await readDescription(url);

const _id = new ObjectId('65a1b2c3d4e5f60718293a4b');
const path = `/buoys/${_id.toHexString()}`;
const at = new Date('2026-04-01T00:00:00Z');
const NOW = expect.any(String);
/** A document from before the fields with function defaults, and what a client is shown of it. */
const old: Document = { _id, name: 'a', size: {}, parts: [{ note: 'p' }, {}], createdAt: at, updatedAt: at };
const shown = {
  id: _id.toHexString(),
  name: 'a',
  site: { code: 'y' },
  size: { name: 'x' },
  parts: [{ name: 'x', note: 'p' }, { name: 'x' }],
  createdAt: at.toISOString(),
  updatedAt: at.toISOString(),
};

beforeEach(async () => {
  await buoys.deleteMany({});
  await buoys.insertOne({ ...old });
});

const read = async () => (await api.get(path).expect(200)).body;

describe('a document from before a field whose default is a function', () => {
  test('is shown without it, the same each time and by the same tag, in whichever way it is read', async () => {
    const [first, second] = [await api.get(path), await api.get(path)];
    expect(first.body).toEqual(shown);
    expect(second.text).toBe(first.text);
    expect(second.headers['etag']).toBe(first.headers['etag']);
    expect((await api.get('/buoys')).body).toEqual([shown]);
    expect((await api.get('/buoys?fields=seenAt,site.seenAt,site.code')).body).toEqual([
      { id: shown.id, site: { code: 'y' } },
    ]);
    for (const type of ['application/x-ndjson', 'text/csv']) {
      const read = () => api.get('/buoys').set('accept', type).buffer().expect(200);
      expect((await read()).text).toBe((await read()).text);
    }
    expect(JSON.parse((await api.get('/buoys').set('accept', 'application/x-ndjson').buffer()).text)).toEqual(shown);
    const { schema = {} } = operation('readBuoy').responses['200']?.content?.['application/json'] ?? {};
    expect(compile(schema)(first.body)).toBe(true);
  });

  test('is changed in the state that its tag names', async () => {
    const { headers } = await api.get(path);
    const answer = await api
      .patch(path)
      .set('if-match', headers['etag'] ?? '')
      .send({ note: 'b' });
    expect([answer.status, answer.body]).toEqual([200, { ...shown, note: 'b', updatedAt: NOW }]);
    expect(await read()).toEqual(answer.body);
    expect(
      (
        await api
          .patch(path)
          .set('if-match', headers['etag'] ?? '')
          .send({ note: 'c' })
      ).status,
    ).toBe(412);
  });

  const JSON_PATCH = 'application/json-patch+json';
  const log = async () => (await api.get(`${path}/history`)).body.map(({ patch }: { patch: object[] }) => patch)[0];
  const updated = { op: 'replace', path: '/updatedAt', value: NOW };
  test.each<[string, object, object[], object]>([
    ['a field beside it', { note: 'b' }, [{ op: 'add', path: '/note', value: 'b' }], { note: 'b' }],
    [
      'within an object',
      { size: { note: 'b' } },
      [{ op: 'add', path: '/size/note', value: 'b' }],
      { size: { name: 'x', note: 'b' } },
    ],
  ])('changes by a patch in what is patched, and in nothing else: %s', async (_what, merge, operations, changed) => {
    for (const [type, patch] of [
      ['application/merge-patch+json', merge],
      [JSON_PATCH, operations],
    ] as const) {
      await buoys.replaceOne({ _id }, { ...old });
      const { status, body } = await api.patch(path).type(type).send(JSON.stringify(patch));
      expect([status, body]).toEqual([200, { ...shown, ...changed, updatedAt: NOW }]);
      expect(await read()).toEqual(body);
      const entries = await log();
      expect(entries).toHaveLength(operations.length + 1);
      expect(entries).toEqual(expect.arrayContaining([...operations, updated]));
    }
  });

  test('keeps what it lacks in the elements of an array that JSON Patch changes; what the patch adds is new', async () => {
    const operations = [
      { op: 'add', path: '/parts/0', value: { note: 'new' } },
      { op: 'replace', path: '/parts/1/note', value: 'q' },
      { op: 'move', from: '/parts/2', path: '/parts/0' },
      { op: 'copy', from: '/parts/2', path: '/parts/-' },
    ];
    const { status, body } = await api.patch(path).type(JSON_PATCH).send(JSON.stringify(operations));
    expect([status, body.parts]).toEqual([
      200,
      [
        { name: 'x' },
        { name: 'x', note: 'new', seenAt: NOW },
        { name: 'x', note: 'q' },
        { name: 'x', note: 'q', seenAt: NOW },
      ],
    ]);
    expect(await read()).toEqual(body);
  });

  test('loses it to JSON Patch, or to null in a merge patch, and then stays without it', async () => {
    await buoys.updateOne({ _id }, { $set: { seenAt: at, 'size.seenAt': at } });
    const operations = ['/seenAt', '/size/seenAt'].map((one) => ({ op: 'remove', path: one }));
    const one = await api.patch(path).type(JSON_PATCH).send(JSON.stringify(operations)).expect(200);
    expect(one.body).toEqual({ ...shown, updatedAt: NOW });
    await buoys.updateOne({ _id }, { $set: { seenAt: at, 'size.seenAt': at } });
    const other = await api
      .patch(path)
      .send({ seenAt: null, size: { seenAt: null } })
      .expect(200);
    expect(other.body).toEqual({ ...shown, updatedAt: NOW });
    expect(await read()).toEqual(other.body);
  });
});

describe('a new document, or what is made anew in one,', () => {
  const made = {
    seenAt: NOW,
    site: { code: 'y', seenAt: NOW },
    log: { name: 'x', seenAt: NOW },
  };

  test('takes what the function gives, once', async () => {
    const { body } = await api
      .post('/buoys')
      .send({ name: 'b', size: {}, parts: [{}] })
      .expect(201);
    const inside = { name: 'x', seenAt: NOW };
    expect(body).toMatchObject({ name: 'b', ...made, size: inside, parts: [inside] });
    expect((await api.get(`/buoys/${body.id}`)).body).toEqual(body);
    const replaced = await api.put(path).send({ name: 'b' }).expect(200);
    expect(replaced.body).toEqual({ id: shown.id, name: 'b', parts: [], createdAt: NOW, updatedAt: NOW, ...made });
    expect(await read()).toEqual(replaced.body);
  });

  test('takes it where a merge patch makes an object, or replaces an array', async () => {
    const { body } = await api
      .patch(path)
      .send({ log: { note: 'n' }, parts: [{ note: 'n' }] })
      .expect(200);
    const inside = { name: 'x', note: 'n', seenAt: NOW };
    expect(body).toEqual({ ...shown, log: inside, parts: [inside], updatedAt: NOW });
    expect(await read()).toEqual(body);
  });
});

test('the description promises no field whose default is a function, and all whose default is constant', () => {
  const { schema = {} } = operation('readBuoy').responses['200']?.content?.['application/json'] ?? {};
  expect(compile(schema)({ ...shown, seenAt: at.toISOString() })).toBe(true);
  for (const name of ['site', 'parts', 'createdAt'])
    expect(compile(schema)({ ...shown, [name]: undefined })).toBe(false);
  expect(compile(schema)({ ...shown, site: {} })).toBe(false);
});
