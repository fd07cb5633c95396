import { beforeAll, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';
import { readDescription } from '../../testing/description.ts';

const { url } = await fixtureServer();
const api = supertest(url);
const { operation, compile } = await readDescription(url);

const PROBES = [
  { title: 'Voyager 1', thrust: 10, lastFired: '2026-03-29T00:30:00Z', kind: 'flyby', mass: 825.5, drift: -0.25 },
  { title: 'Voyager 2', thrust: 20, lastFired: '2026-03-29T01:30:00Z', kind: 'flyby', mass: 825.5, isCrewed: true },
  { title: '=Cassini', thrust: 130, lastFired: '2026-03-31T22:30:00Z', kind: 'orbiter', mass: 0.5, drift: 0.75 },
  { title: 'Huygens', thrust: 0, kind: 'lander', size: { radius: 2.5 }, carrier: '65a1b2c3d4e5f60718293a4b' },
  { title: 'Juno', thrust: 199, lastFired: '2025-12-31T23:30:00Z', phase: 'cruise', drift: 1.3 },
];
beforeAll(async () => {
  expect((await api.post('/probes').send(PROBES)).body).toMatchObject({ inserted: PROBES.length });
});

const schema = operation('summariseProbes').responses[200]?.content?.['application/json']?.schema ?? {};

/** The answer to a query, which is what the description says. */
async function ask(query: string) {
  const { status, body } = await api.get(`/probes/statistics?${query}`);
  expect([query, status, body]).toEqual([query, 200, body]);
  const validate = compile(schema);
  expect([query, validate(body), validate.errors]).toEqual([query, true, null]);
  return body;
}

describe('members are counted', () => {
  test.each([
    ['by a text', 'by=kind', 'null 1, flyby 2, lander 1, orbiter 1'],
    ['by a text that is mostly null', 'by=phase', 'null 4, cruise 1'],
    ['by a truth', 'by=isCrewed', 'false 4, true 1'],
    ['by an id', 'by=carrier', 'null 4, 65a1b2c3d4e5f60718293a4b 1'],
    ['by a number', 'by=mass', 'null 2, 0.5 1, 825.5 2'],
    ['by a number in an object', 'by=size.radius', 'null 4, 2.5 1'],
    ['by ranges of whole numbers', 'by=thrust[100]', '0 3, 100 2'],
    ['by narrow ranges', 'by=drift[0.1]', 'null 2, -0.3 1, 0.7 1, 1.3 1'],
    ['by ranges of fractions', 'by=drift[0.5]', 'null 2, -0.5 1, 0.5 1, 1 1'],
    ['by the year', 'by=lastFired[year]', 'null 1, 2025-01-01T00:00:00.000Z 1, 2026-01-01T00:00:00.000Z 3'],
    ['by the month', 'by=lastFired[month]', 'null 1, 2025-12-01T00:00:00.000Z 1, 2026-03-01T00:00:00.000Z 3'],
    [
      'by the month in a zone',
      'by=lastFired[month]&timezone=Europe/Berlin',
      'null 1, 2025-12-31T23:00:00.000Z 1, 2026-02-28T23:00:00.000Z 2, 2026-03-31T22:00:00.000Z 1',
    ],
    [
      'by the day in a zone, whose name has another case',
      'by=lastFired[day]&timezone=europe%2Fberlin&thrust[lte]=20',
      'null 1, 2026-03-28T23:00:00.000Z 2',
    ],
    [
      'by the hour in a zone with half an hour',
      'by=lastFired[hour]&timezone=Asia/Kolkata&thrust[gt]=0&thrust[lte]=20',
      '2026-03-29T00:30:00.000Z 1, 2026-03-29T01:30:00.000Z 1',
    ],
    ['by the time itself', 'by=lastFired&thrust[lte]=10', 'null 1, 2026-03-29T00:30:00.000Z 1'],
    ['where a search finds them', 'by=thrust&q=voyager', '10 1, 20 1'],
    ['where both hold', 'by=thrust&q=voyager&thrust[gt]=10', '20 1'],
    ['where nobody is', 'by=thrust&thrust=7', ''],
  ])('%s: %s', async (_what, query, counts) => {
    const field = /by=([\w.]+)/.exec(query)?.[1] ?? '';
    const groups: { by: Record<string, unknown>; count: number }[] = await ask(query);
    expect(groups.map(({ by, count }) => `${JSON.stringify(by[field])} ${count}`.replaceAll('"', '')).join(', ')).toBe(
      counts,
    );
  });

  test('all together', async () => {
    expect(await ask('')).toEqual([{ count: 5 }]);
    expect(await ask('thrust=7')).toEqual([{ count: 0 }]);
  });
});

describe('fields are summed up', () => {
  test('in one group', async () => {
    const summary = await ask('of=thrust,lastFired&of=mass&quantiles=0,0.5,1');
    expect(summary).toEqual([
      {
        count: 5,
        of: {
          thrust: { count: 5, min: 0, max: 199, mean: 71.8, sum: 359, quantiles: { 0: 0, 0.5: 20, 1: 199 } },
          lastFired: { count: 4, min: '2025-12-31T23:30:00.000Z', max: '2026-03-31T22:30:00.000Z' },
          mass: {
            count: 3,
            min: 0.5,
            max: 825.5,
            mean: 550.5,
            sum: 1651.5,
            quantiles: { 0: 0.5, 0.5: 825.5, 1: 825.5 },
          },
        },
      },
    ]);
  });

  test('in the field that makes the groups too', async () => {
    expect(await ask('of=thrust&by=thrust[100]')).toEqual([
      { by: { thrust: 0 }, count: 3, of: { thrust: { count: 3, min: 0, max: 20, mean: 10, sum: 30 } } },
      { by: { thrust: 100 }, count: 2, of: { thrust: { count: 2, min: 130, max: 199, mean: 164.5, sum: 329 } } },
    ]);
  });

  test('where no member has a value, or there is no member', async () => {
    const none = { count: 0, min: null, max: null, mean: null, sum: 0, quantiles: { 0.25: null } };
    expect(await ask('of=mass,lastFired&quantiles=0.25&thrust=0')).toEqual([
      { count: 1, of: { mass: none, lastFired: { count: 0, min: null, max: null } } },
    ]);
    expect(await ask('of=mass&quantiles=0.25&thrust=7')).toEqual([{ count: 0, of: { mass: none } }]);
  });
});
