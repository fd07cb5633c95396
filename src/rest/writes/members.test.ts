import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';
import { PROBE_DEFAULTS, WHOLE_PROBE } from '../../testing/fixtures.ts';

const { url, db, probes } = await fixtureServer();
const api = supertest(url);

beforeEach(async () => {
  await probes.deleteMany({});
});

/** Stores a document as a migration or a shell would. */
async function store(document: Document = {}) {
  const stamp = new Date('2026-03-01T00:00:00Z');
  const _id = new ObjectId();
  const whole = { _id, title: 'Merlin', thrust: 981, lastFired: stamp, createdAt: stamp, updatedAt: stamp };
  await probes.insertOne('title' in document ? { _id, ...document } : { ...whole, ...document });
  return { _id, id: _id.toHexString(), path: `/probes/${_id.toHexString()}` };
}

describe('a member', () => {
  test('is created, read, changed, replaced and deleted', async () => {
    const created = await api.post('/probes').send(WHOLE_PROBE);
    const { id, createdAt } = created.body;
    const kept = { id, createdAt, updatedAt: expect.any(String) };
    expect([created.status, created.body]).toEqual([201, { ...WHOLE_PROBE, ...kept, updatedAt: createdAt }]);
    const { location = '' } = created.headers;
    expect(location).toBe(`/probes/${id}`);
    expect((await api.get(location)).body).toEqual(created.body);
    const change = { thrust: 7, size: { height: 5 }, tags: ['a'], mass: null, kind: null, phase: null };
    const patched = await api.patch(location).send(change);
    const { mass: _mass, kind: _kind, ...others } = WHOLE_PROBE;
    expect(patched.body).toEqual({
      ...others,
      ...kept,
      thrust: 7,
      size: { radius: 1.25, height: 5 },
      tags: ['a'],
      phase: null,
    });
    const replaced = await api.put(location).send({ title: 'Raptor' });
    expect(replaced.body).toEqual({ title: 'Raptor', ...PROBE_DEFAULTS, ...kept });
    expect((await api.delete(location)).status).toBe(204);
    expect((await api.get(location)).status).toBe(404);
  });

  test('takes its defaults when only the title is given, and has no other members', async () => {
    const before = Date.now();
    const { body } = await api.post('/probes').send({ title: 'Vulcain' });
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      title: 'Vulcain',
      ...PROBE_DEFAULTS,
      createdAt: body.updatedAt,
      updatedAt: expect.any(String),
    });
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
    const shown = { ...PROBE_DEFAULTS, ...kept, thrust, updatedAt: kept.createdAt };
    expect((await api.get(path)).body).toEqual(shown);
    expect((await api.get('/probes')).body).toEqual([shown]);
    const fired = { lastFired: '2026-05-01T12:00:00.000Z' };
    expect((await api.patch(path).send(fired)).body).toMatchObject({ ...kept, thrust, ...fired });
    expect((await api.put(path).send({ title: 'F-1' })).body).toMatchObject({ ...kept, thrust: 0, lastFired: null });
    // What clients cannot see is not theirs to lose.
    expect(await probes.findOne({ _id }, { projection: { _id: 0, __v: 1 } })).toEqual('__v' in old ? { __v: 3 } : {});
  });

  describe('with a field that the validator no longer lets in', () => {
    const unseen = { title: 'F-1', wings: 2 };
    afterEach(async () => {
      await db.command({ collMod: 'probes', validationLevel: 'strict' });
    });

    test('cannot be changed, which is not blamed on the client, and stays as it was', async () => {
      const { _id, path } = await bypass();
      for (const write of [api.put(path), api.patch(path)]) {
        const { status, body } = await write.send({ title: 'F-1B' });
        expect([status, body.errors, body.detail]).toEqual([500, undefined, expect.stringContaining('wings')]);
      }
      expect(await probes.findOne({ _id })).toEqual({ _id, ...unseen });
    });

    test('keeps that field unseen where the validator is lenient', async () => {
      const { _id, path } = await bypass();
      await db.command({ collMod: 'probes', validationLevel: 'off' });
      for (const write of [api.patch(path), api.put(path)]) {
        const { status, body } = await write.send({ title: 'F-1B', thrust: 7 });
        expect([status, body.wings, body.thrust]).toEqual([200, undefined, 7]);
        expect(await probes.findOne({ _id })).toMatchObject({ title: 'F-1B', wings: 2 });
      }
    });

    async function bypass() {
      const _id = new ObjectId();
      await probes.insertOne({ _id, ...unseen }, { bypassDocumentValidation: true });
      return { _id, path: `/probes/${_id.toHexString()}` };
    }
  });
});
