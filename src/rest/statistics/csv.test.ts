import { beforeAll, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';

const { url } = await fixtureServer();
const api = supertest(url);
const csv = (query: string) => api.get(`/probes/statistics?${query}`).set('accept', 'text/csv').expect(200);

beforeAll(async () => {
  const probes = [
    { title: 'Voyager', thrust: 10, lastFired: '2026-03-29T00:30:00Z' },
    { title: '=Cassini', thrust: 131, lastFired: '2026-03-31T22:30:00Z' },
    { title: 'Huygens' },
  ];
  expect((await api.post('/probes').send(probes)).body).toMatchObject({ inserted: 3 });
});

test('each group is a record, whose columns are the paths of the JSON', async () => {
  const { headers, text } = await csv('by=lastFired[year]&of=thrust,lastFired&quantiles=0.5');
  expect(headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="probes-statistics.csv"',
  });
  const thrust = ['count', 'min', 'max', 'mean', 'sum', 'quantiles.0.5'].map((name) => `of.thrust.${name}`);
  expect(text.split('\r\n')).toEqual([
    `by.lastFired,count,${thrust.join(',')},of.lastFired.count,of.lastFired.min,of.lastFired.max`,
    ',1,1,0,0,0,0,0,0,,',
    '2026-01-01T00:00:00.000Z,2,2,10,131,70.5,141,10,2,2026-03-29T00:30:00.000Z,2026-03-31T22:30:00.000Z',
    '',
  ]);
});

test('a text that looks like a formula is none', async () => {
  expect((await csv('by=title&thrust=131')).text).toBe("by.title,count\r\n'=Cassini,1\r\n");
});

test('where there is no group, there is a header', async () => {
  expect((await csv('by=title&of=lastFired&thrust=7')).text).toBe(
    'by.title,count,of.lastFired.count,of.lastFired.min,of.lastFired.max\r\n',
  );
});
