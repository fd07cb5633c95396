import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';

const { url, probes } = await fixtureServer();
const api = supertest(url);

interface Probe {
  thrust: number;
  lastFired: string | null;
  kind: string | null;
  mass: number | null;
}

/** Zones with summer time, without it, with odd offsets, and with days that do not begin at midnight. */
const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/New_York', 'Pacific/Apia', 'America/Sao_Paulo'];
const UNITS = ['year', 'month', 'day', 'hour'] as const;
type Unit = (typeof UNITS)[number];

/** Times about the beginnings and ends of summer times, and any others. */
const CHANGES = ['2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z', '2026-03-08T07:00:00Z', '2018-11-04T03:00:00Z'];
const times = fc.oneof(
  fc
    .record({ about: fc.constantFrom(...CHANGES), by: fc.integer({ min: -8_000_000, max: 8_000_000 }) })
    .map(({ about, by }) => new Date(Date.parse(about) + by)),
  fc.date({ min: new Date('1950-01-01'), max: new Date('2050-01-01'), noInvalidDate: true }),
);
const members: fc.Arbitrary<Probe[]> = fc.array(
  fc.record({
    thrust: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(2 ** 31 - 1, 100, 200)),
    lastFired: fc.option(times.map((time) => time.toISOString())),
    kind: fc.option(fc.constantFrom('orbiter', 'lander')),
    // Sums of these are exact, in whatever order they are added.
    mass: fc.option(fc.integer({ min: 0, max: 2 ** 30 }).map((number) => number / 1024)),
  }),
  { maxLength: 12 },
);

const parts = new Map<string, Intl.DateTimeFormat>();

/** What a clock in a zone shows at a time, down to a unit. */
function clock(time: number, unit: Unit | 'minute', timeZone: string): string {
  const format =
    parts.get(timeZone) ??
    new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium', hourCycle: 'h23' });
  parts.set(timeZone, format);
  return format.format(time).slice(0, { year: 4, month: 7, day: 10, hour: 13, minute: 16 }[unit]);
}

const QUARTER_MS = 900_000;

/** The first quarter of an hour at which the clock shows what it shows at this time; an hour that comes twice is two. */
function startOf(time: string, unit: Unit, zone: string): string {
  const shown = clock(Date.parse(time), unit, zone);
  let start = Math.floor(Date.parse(time) / QUARTER_MS) * QUARTER_MS;
  if (unit === 'hour') {
    while (!clock(start, 'minute', zone).endsWith(':00')) start -= QUARTER_MS;
    return new Date(start).toISOString();
  }
  for (const step of [96, 1]) while (clock(start - step * QUARTER_MS, unit, zone) === shown) start -= step * QUARTER_MS;
  return new Date(start).toISOString();
}

function summary(values: readonly (number | null)[]) {
  const numbers = values.filter((value) => value !== null);
  const sum = numbers.reduce((total, value) => total + value, 0);
  const isEmpty = numbers.length === 0;
  return {
    count: numbers.length,
    min: isEmpty ? null : Math.min(...numbers),
    max: isEmpty ? null : Math.max(...numbers),
    mean: isEmpty ? null : sum / numbers.length,
    sum,
  };
}

/** The statistics of members, computed without a database. */
function expected(found: readonly Probe[], field: string, groupOf: (probe: Probe) => string | number | null) {
  const groups = new Map<string | number | null, Probe[]>();
  for (const probe of found) groups.set(groupOf(probe), [...(groups.get(groupOf(probe)) ?? []), probe]);
  const rank = (value: string | number | null) => (value === null ? -Infinity : Number(value));
  const order = (one: string | number | null, other: string | number | null) =>
    typeof one === 'string' && typeof other === 'string' ? (one < other ? -1 : 1) : rank(one) < rank(other) ? -1 : 1;
  return [...groups]
    .toSorted(([one], [other]) => (one === null ? -1 : other === null ? 1 : order(one, other)))
    .map(([value, list]) => ({
      by: { [field]: value },
      count: list.length,
      of: { thrust: summary(list.map(({ thrust }) => thrust)), mass: summary(list.map(({ mass }) => mass)) },
    }));
}

test('statistics are those of the listed members', async () => {
  const groupings = fc.oneof(
    fc.record({ unit: fc.constantFrom(...UNITS), zone: fc.constantFrom(...ZONES) }).map(({ unit, zone }) => ({
      field: 'lastFired',
      query: `by=lastFired[${unit}]&timezone=${zone}`,
      groupOf: ({ lastFired }: Probe) => lastFired && startOf(lastFired, unit, zone),
    })),
    fc.integer({ min: 1, max: 250 }).map((width) => ({
      field: 'thrust',
      query: `by=thrust[${width}]`,
      groupOf: ({ thrust }: Probe) => thrust - (thrust % width),
    })),
    fc.constant({ field: 'kind', query: 'by=kind', groupOf: ({ kind }: Probe) => kind ?? null }),
  );
  const filters = fc.constantFrom('', '&thrust[gte]=100', '&lastFired[lt]=2026-06-01T00:00:00Z', '&lastFired=null');
  await fc.assert(
    fc.asyncProperty(members, groupings, filters, async (given, { field, query, groupOf }, filter) => {
      await probes.deleteMany({});
      const rows = given.map(({ kind, mass, ...rest }) => ({
        title: 'Voyager',
        ...rest,
        ...(kind !== null && { kind }),
        ...(mass !== null && { mass }),
      }));
      expect((await api.post('/probes').send(rows)).body).toMatchObject({ bad: 0 });
      const listed = await api.get(`/probes?limit=200${filter}`).expect(200);
      const found: Probe[] = listed.body.map((probe: Partial<Probe>) => ({ kind: null, mass: null, ...probe }));
      const { body } = await api.get(`/probes/statistics?${query}&of=thrust,mass${filter}`);
      expect(body).toEqual(expected(found, field, groupOf));
    }),
    { numRuns: 150 },
  );
}, 120_000);

test('a quantile is a value that this part of the others does not exceed', async () => {
  const lists = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 40 });
  const quantiles = fc.constantFrom(0, 0.1, 0.25, 0.5, 0.75, 0.95, 1);
  await fc.assert(
    fc.asyncProperty(lists, quantiles, async (list, quantile) => {
      await probes.deleteMany({});
      await api.post('/probes').send(list.map((thrust) => ({ title: 'Voyager', thrust })));
      const { body } = await api.get(`/probes/statistics?of=thrust&quantiles=${quantile}`);
      const place = Math.max(Math.ceil(quantile * list.length) - 1, 0);
      expect(body[0].of.thrust.quantiles).toEqual({ [quantile]: list.toSorted((one, other) => one - other)[place] });
    }),
    { numRuns: 40 },
  );
});
