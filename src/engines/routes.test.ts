import { beforeEach, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { RESOURCES } from '../models.ts';
import { testServer } from '../testing.ts';
import { ENGINE_DEFAULTS, LEAST_ENGINE } from '../testing/engines.ts';

const { url, db } = await testServer({ resources: RESOURCES });
const api = supertest(url);
const engines = db.collection('engines');

beforeEach(async () => {
  await engines.deleteMany({});
});

// What every resource does is tested on probes, in src/rest.
describe('an engine over REST', () => {
  test('is created, read, changed, replaced and deleted', async () => {
    const created = await api.post('/engines').send({ ...LEAST_ENGINE, thrust: 981 });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ ...LEAST_ENGINE, thrust: 981, lastFired: null });
    const { location = '' } = created.headers;
    expect(location).toBe(`/engines/${created.body.id}`);
    expect((await api.get(location)).body).toEqual(created.body);
    const patched = await api.patch(location).send({ lastFired: '2026-05-01T12:00:00Z' });
    expect(patched.body).toMatchObject({ ...LEAST_ENGINE, thrust: 981, lastFired: '2026-05-01T12:00:00.000Z' });
    const replaced = await api.put(location).send({ ...LEAST_ENGINE, title: 'Raptor' });
    expect(replaced.body).toMatchObject({ ...LEAST_ENGINE, ...ENGINE_DEFAULTS, title: 'Raptor' });
    expect((await api.delete(location)).status).toBe(204);
    expect((await api.get(location)).status).toBe(404);
  });

  test('takes its defaults when only the least is given, and has no other members', async () => {
    const { body } = await api.post('/engines').send(LEAST_ENGINE);
    expect(body).toEqual({
      id: expect.any(String),
      ...LEAST_ENGINE,
      ...ENGINE_DEFAULTS,
      createdAt: body.updatedAt,
      updatedAt: expect.any(String),
    });
  });

  test.each([
    ['title', ''],
    ['title', '漢'.repeat(129)],
    ['title', null],
    ['thrust', -1],
    ['thrust', 1.5],
    ['thrust', 2_147_483_648],
    ['thrust', null],
    ['lastFired', 'today'],
    ['colour', 'red'],
  ])('is refused by name if its %s is %j', async (name, value) => {
    const { status, body } = await api.post('/engines').send({ ...LEAST_ENGINE, [name]: value });
    expect([status, body.errors]).toEqual([422, [expect.objectContaining({ pointer: `/${name}` })]]);
    expect(await engines.countDocuments()).toBe(0);
  });

  test.each(['id', 'title', 'thrust', '-thrust,title', 'lastFired'])(
    'is listed by %s, for which there is an index',
    async (sort) => {
      expect((await api.get(`/engines?sort=${sort}`)).status).toBe(200);
    },
  );

  test('is found by the words of its title', async () => {
    const { body } = await api.post('/engines').send({ ...LEAST_ENGINE, title: 'RS-25' });
    expect((await api.get('/engines?q=rs25')).body).toEqual([body]);
  });
});
