import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { testServer } from '../testing.ts';

const { url, db, engines } = await testServer();
const api = supertest(url);

/** Rows of a table about one field. */
const of =
  (name: string) =>
  (value: unknown): [string, unknown] => [name, value];

beforeEach(async () => {
  await engines.deleteMany({});
});

/** Stores a document as a migration or a shell would. */
async function store(document: Document = {}) {
  const stamp = new Date('2026-03-01T00:00:00Z');
  const _id = new ObjectId();
  const whole = { _id, title: 'Merlin', thrust: 981, lastFired: stamp, createdAt: stamp, updatedAt: stamp };
  await engines.insertOne('title' in document ? { _id, ...document } : { ...whole, ...document });
  return { _id, id: _id.toHexString(), path: `/engines/${_id.toHexString()}` };
}

describe('an engine over REST', () => {
  test('is created, read, changed, replaced and deleted', async () => {
    const created = await api.post('/engines').send({ title: 'Merlin 1D', thrust: 981 });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ title: 'Merlin 1D', thrust: 981, lastFired: null });
    const { location = '' } = created.headers;
    expect(location).toBe(`/engines/${created.body.id}`);
    expect((await api.get(location)).body).toEqual(created.body);
    const patched = await api.patch(location).send({ lastFired: '2026-05-01T12:00:00Z' });
    expect(patched.body).toMatchObject({ title: 'Merlin 1D', thrust: 981, lastFired: '2026-05-01T12:00:00.000Z' });
    const replaced = await api.put(location).send({ title: 'Raptor' });
    expect(replaced.body).toMatchObject({
      title: 'Raptor',
      thrust: 0,
      lastFired: null,
      createdAt: created.body.createdAt,
    });
    expect((await api.delete(location)).status).toBe(204);
    expect((await api.get(location)).status).toBe(404);
  });

  test('takes its defaults when only the title is given, and has no other members', async () => {
    const before = Date.now();
    const { body } = await api.post('/engines').send({ title: 'Vulcain' });
    expect(Object.keys(body)).toEqual(['id', 'title', 'thrust', 'lastFired', 'createdAt', 'updatedAt']);
    expect(body).toMatchObject({ title: 'Vulcain', thrust: 0, lastFired: null, createdAt: body.updatedAt });
    expect(body.id).toMatch(/^[0-9a-f]{24}$/);
    expect(Date.parse(body.createdAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(body.createdAt)).toBeLessThanOrEqual(Date.now());
  });

  test('keeps id and createdAt, and moves updatedAt, when it is replaced or changed', async () => {
    const { id, path } = await store();
    for (const change of [api.put(path), api.patch(path)]) {
      const { status, body } = await change.send({ title: 'RS-25' });
      expect(status).toBe(200);
      expect(body).toMatchObject({ id, title: 'RS-25', createdAt: '2026-03-01T00:00:00.000Z' });
      expect(Date.now() - Date.parse(body.updatedAt)).toBeLessThan(10_000);
      expect((await api.get(path)).body).toEqual(body);
    }
  });

  test.each(['application/merge-patch+json', 'application/json'])(
    'is patched by %s: what is left out stays, null empties',
    async (type) => {
      const { path } = await store();
      const patch = (body: object) => api.patch(path).set('content-type', type).send(JSON.stringify(body));
      expect((await patch({ lastFired: null })).body).toMatchObject({ title: 'Merlin', thrust: 981, lastFired: null });
      expect((await patch({})).body).toMatchObject({ title: 'Merlin', thrust: 981, lastFired: null });
      expect((await patch({ title: 'J-2', thrust: 1033 })).body).toMatchObject({ title: 'J-2', thrust: 1033 });
    },
  );
});

describe('a body', () => {
  test.each<[string, unknown]>([
    ...['5', 1.5, true, null, -1, 2_147_483_648, [], {}].map(of('thrust')),
    ...[5, null, true, '', [], {}].map(of('title')),
    ...[5, true, '', 'today', [], {}].map(of('lastFired')),
    ...['2026-05-01', '2026-05-01T12:00:00', '2026-02-30T12:00:00Z', '2026-05-01T24:00:00Z'].map(of('lastFired')),
    // RFC 3339 has this second and Date does not; it has neither this zone nor this separator.
    ...['2016-12-31T23:59:60Z', '2026-05-01T12:00:00+0530', '2026-05-01\n12:00:00Z'].map(of('lastFired')),
    // In UTC these have no year of four digits, so that an answer could not show them; and BSON readers know no year 0.
    ...['9999-12-31T23:59:59-01:00', '0000-01-01T00:00:00+01:00', '0000-06-01T00:00:00Z'].map(of('lastFired')),
  ])('whose %s is %j is refused by name, and nothing is stored', async (name, value) => {
    const refusal = { status: 422, pointers: [`/${name}`] };
    expect(await refusals({ title: 'RL10', [name]: value })).toEqual([refusal, refusal, refusal]);
  });

  test.each<[string, unknown, unknown]>([
    ['thrust', 0, 0],
    ['thrust', 2_147_483_647, 2_147_483_647],
    ['title', ' ', ' '],
    ['title', '\u0000', '\u0000'],
    ['lastFired', null, null],
    ['lastFired', '2024-02-29T12:00:00.123987Z', '2024-02-29T12:00:00.123Z'],
    ['lastFired', '2026-05-01t14:30:00+02:30', '2026-05-01T12:00:00.000Z'],
    ['lastFired', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['lastFired', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('whose %s is %j is stored, and shown as %j', async (name, value, shown) => {
    const { path } = await store();
    for (const write of [api.post('/engines'), api.put(path), api.patch(path)]) {
      const written = await write.send({ title: 'RL10', [name]: value });
      expect(written.body).toMatchObject({ [name]: shown });
      expect((await api.get(`/engines/${written.body.id}`)).body).toEqual(written.body);
    }
  });

  test.each(['x', 'é', '漢', '🚀'])('may have a title of 128 characters and no more, be they %s', async (character) => {
    const { path } = await store();
    const title = character.repeat(128);
    for (const write of [api.post('/engines'), api.put(path), api.patch(path)])
      expect((await write.send({ title })).body).toMatchObject({ title });
    const refusal = { status: 422, pointers: ['/title'] };
    expect(await refusals({ title: `${title}${character}` })).toEqual([refusal, refusal, refusal]);
  });

  test.each(['-0', '981.0', '9.81e2'])('may write a whole number as %s', async (thrust) => {
    const { status, body } = await api
      .post('/engines')
      .set('content-type', 'application/json')
      .send(`{"title":"a","thrust":${thrust}}`);
    expect([status, body.thrust]).toEqual([201, Math.abs(Number(thrust))]);
    expect(await engines.countDocuments({ thrust: { $type: 'int' } })).toBe(1);
  });

  test.each([[null], ['RL10'], [5]])('that is %j and no object is refused', async (body) => {
    const refusal = { status: 422, pointers: [''] };
    expect(await refusals(body)).toEqual([refusal, refusal, refusal]);
  });

  test('is told everything that is wrong with it at once', async () => {
    const names = [
      'id',
      '_id',
      'createdAt',
      'updatedAt',
      '__v',
      '__proto__',
      '$set',
      'a.b',
      'constructor',
      'wings',
      '',
    ];
    const foreign = Object.fromEntries([...names, 'a/b~c'].map((name) => [name, '65a1b2c3d4e5f60718293a4b']));
    const pointers = [...names, 'a~1b~0c', 'title', 'thrust', 'lastFired'].map((name) => `/${name}`).toSorted();
    const refusal = { status: 422, pointers };
    const body = { ...foreign, title: 5, thrust: '5', lastFired: 5 };
    expect(await refusals(body)).toEqual([refusal, refusal, refusal]);
  });

  test('must name the title, except in a patch', async () => {
    const { path } = await store();
    for (const write of [api.post('/engines'), api.put(path)]) {
      const { status, body } = await write.send({ thrust: 1 });
      expect([status, body.errors]).toEqual([422, [{ pointer: '/title', keyword: 'required', detail: 'is required' }]]);
    }
    expect((await api.patch(path).send({ thrust: 1 })).status).toBe(200);
  });

  /** What POST, PUT and PATCH answer to a body, having made sure that none of them stored a thing. */
  async function refusals(body: unknown) {
    const { path } = await store();
    const before = await engines.find().toArray();
    const text = JSON.stringify(body);
    const writes = [api.post('/engines'), api.put(path), api.patch(path)];
    const answers = await Promise.all(writes.map((write) => write.set('content-type', 'application/json').send(text)));
    expect(await engines.find().toArray()).toEqual(before);
    return answers.map(({ status, body: { errors = [] } }) => ({
      status,
      pointers: errors.map(({ pointer }: { pointer: string }) => pointer).toSorted(),
    }));
  }
});

describe('a document stored in an older shape', () => {
  const created = new Date('2026-01-02T03:04:05Z');
  test.each<Document>([
    { title: 'F-1' },
    { title: 'F-1', thrust: 7770 },
    { title: 'F-1', lastFired: null },
    { title: 'F-1', thrust: 7770, createdAt: created, updatedAt: created },
    { title: 'F-1', thrust: 7770, createdAt: created, updatedAt: created, __v: 3 },
  ])('as %j is read, patched and replaced like any other', async (old) => {
    const { _id, id, path } = await store(old);
    const { thrust = 0, createdAt = _id.getTimestamp() } = old;
    const kept = { id, title: 'F-1', createdAt: createdAt.toISOString() };
    const shown = { ...kept, thrust, lastFired: null, updatedAt: kept.createdAt };
    expect((await api.get(path)).body).toEqual(shown);
    expect((await api.get('/engines')).body).toEqual([shown]);
    const fired = { lastFired: '2026-05-01T12:00:00.000Z' };
    expect((await api.patch(path).send(fired)).body).toMatchObject({ ...kept, thrust, ...fired });
    expect((await api.put(path).send({ title: 'F-1' })).body).toMatchObject({ ...kept, thrust: 0, lastFired: null });
    // What clients cannot see is not theirs to lose.
    expect(await engines.findOne({ _id }, { projection: { _id: 0, __v: 1 } })).toEqual('__v' in old ? { __v: 3 } : {});
  });

  describe('with a field that the validator no longer lets in', () => {
    const unseen = { title: 'F-1', mass: 8400 };
    afterEach(async () => {
      await db.command({ collMod: 'engines', validationLevel: 'strict' });
    });

    test('cannot be changed, which is not blamed on the client, and stays as it was', async () => {
      const { _id, path } = await bypass();
      for (const write of [api.put(path), api.patch(path)]) {
        const { status, body } = await write.send({ title: 'F-1B' });
        expect([status, body.errors, body.detail]).toEqual([500, undefined, expect.stringContaining('mass')]);
      }
      expect(await engines.findOne({ _id })).toEqual({ _id, ...unseen });
    });

    test('keeps that field unseen where the validator is lenient', async () => {
      const { _id, path } = await bypass();
      await db.command({ collMod: 'engines', validationLevel: 'off' });
      for (const write of [api.patch(path), api.put(path)]) {
        const { status, body } = await write.send({ title: 'F-1B', thrust: 7 });
        expect([status, body.mass, body.thrust]).toEqual([200, undefined, 7]);
        expect(await engines.findOne({ _id })).toMatchObject({ title: 'F-1B', mass: 8400 });
      }
    });

    async function bypass() {
      const _id = new ObjectId();
      await engines.insertOne({ _id, ...unseen }, { bypassDocumentValidation: true });
      return { _id, path: `/engines/${_id.toHexString()}` };
    }
  });
});
