import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Double, Long, ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';
import { readDescription } from '../../testing/description.ts';

test('whatever a state holds, it is shown and restored as described, or refused for what it lacks', async () => {
  const { url, db, probes } = await fixtureServer();
  const api = supertest(url);
  const { operation, compile } = await readDescription(url);
  const described = compile(operation('readProbe').responses[200]?.content?.['application/json']?.schema ?? {});
  const scalar: fc.Arbitrary<unknown> = fc.oneof(
    fc.constantFrom(null, true, 0, -1, 1.5, 2 ** 40, Number.NaN, '', 'A', 'VG-2', 'flyby', 'x'.repeat(200)),
    fc.constantFrom(new Date(0), new ObjectId(), new Double(5), Long.fromNumber(7), '2026-05-01T12:00:00Z'),
  );
  const object = fc.dictionary(fc.constantFrom('radius', 'height', 'name', 'mass', 'code', 'country', 'old'), scalar);
  const value = fc.oneof(scalar, object, fc.array(fc.oneof(scalar, object), { maxLength: 12 }));
  const names = 'title thrust lastFired serial kind isCrewed mass drift carrier size site tags instruments old a/b~é';
  const state = fc.dictionary(fc.constantFrom(...names.split(' ')), value, { maxKeys: 12 });
  const entry = (of: ObjectId, before: Document) => ({
    _id: new ObjectId(),
    of,
    at: new Date(),
    kind: 'remove',
    caller: '',
    requestId: '',
    patch: [],
    before: { _id: of, ...before },
    expiresAt: new Date(Date.now() + 1e7),
  });
  await fc.assert(
    fc.asyncProperty(state, fc.boolean(), async (before, isTitled) => {
      await probes.deleteMany({});
      const of = new ObjectId();
      await db.collection('probes.history').insertOne(entry(of, { ...before, ...(isTitled && { title: 'Voyager' }) }));
      const path = `/probes/${of.toHexString()}`;
      const past = await api.get(`${path}?at=${new Date(Date.now() - 60_000).toISOString()}`);
      const restored = await api.post(`${path}/restore`);
      if (past.status === 200) {
        expect([past.body, described(past.body), described.errors]).toEqual([past.body, true, null]);
        expect([restored.status, restored.body]).toEqual([200, { ...past.body, updatedAt: expect.any(String) }]);
        expect(restored.headers['left-out']).toBe(past.headers['left-out']);
      } else {
        expect([past.status, restored.status, restored.body.errors]).toEqual([
          410,
          422,
          [{ pointer: '/title', keyword: 'required', detail: 'is required' }],
        ]);
        expect((await api.post(`${path}/restore`).send({ title: 'Voyager' })).status).toBe(200);
      }
    }),
    { numRuns: 60 },
  );
});
