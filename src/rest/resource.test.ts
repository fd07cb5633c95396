import { expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from '../testing.ts';
import { PROBE_DEFAULTS } from '../testing/fixtures.ts';

const { url } = await fixtureServer();

test('a probe is served as it is declared', async () => {
  const { status, body } = await supertest(url).post('/probes').send({ title: 'Voyager 2' });
  expect([status, body]).toEqual([
    201,
    {
      id: expect.any(String),
      title: 'Voyager 2',
      ...PROBE_DEFAULTS,
      createdAt: expect.any(String),
      updatedAt: body.createdAt,
    },
  ]);
  expect((await supertest(url).get('/probes?thrust[gte]=0')).body).toEqual([body]);
});
