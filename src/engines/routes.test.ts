import { describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { testServer } from '../testing.ts';

const { url } = await testServer();
const api = supertest(url);

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
});
