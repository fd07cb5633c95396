import { describe, expect, jest, test } from '@jest/globals';
import { MongoServerError } from 'mongodb';
import supertest from 'supertest';
import { fixtureServer, serve } from '../../testing.ts';
import { probeModel } from '../../testing/fixtures.ts';

const { url, connection, relays } = await fixtureServer();
const api = supertest(url);

describe('refused is', () => {
  test.each<[string, string, string, string, RegExp]>([
    ['an unknown group', 'by=colour', 'by', 'pattern', /as in .*thrust\[100\]/],
    ['a group of a part that a text does not have', 'by=title[month]', 'by', 'pattern', /title/],
    ['a range without a width', 'by=thrust[0]', 'by', 'pattern', /thrust/],
    ['a fraction as the width of whole numbers', 'by=thrust[0.5]', 'by', 'pattern', /thrust/],
    ['an array', 'by=tags', 'by', 'pattern', /thrust/],
    ['two groups', 'by=thrust&by=title', 'by', 'maxItems', /once/],
    ['a text to sum up', 'of=title', 'of', 'enum', /thrust/],
    ['the same field twice', 'of=thrust,thrust', 'of', 'uniqueItems', /./],
    ['a quantile that is none', 'of=thrust&quantiles=2', 'quantiles', 'maximum', /1/],
    ['quantiles of nothing', 'quantiles=0.5', 'quantiles', 'dependentRequired', /of=FIELD/],
    ['quantiles of times', 'of=lastFired&quantiles=0.5', 'quantiles', 'dependentRequired', /of=FIELD/],
    ['a zone of nothing', 'by=lastFired&timezone=Europe/Berlin', 'timezone', 'dependentRequired', /month/],
    ['an unknown zone', 'by=lastFired[day]&timezone=Mars/Phobos', 'timezone', 'format', /Mars/],
    ['an offset', 'by=lastFired[day]&timezone=%2B02:00', 'timezone', 'format', /02:00/],
    ['a page', 'limit=5', 'limit', 'additionalProperties', /unknown/],
    ['what lists refuse as contradictory', 'thrust[gt]=5&thrust[lt]=3', 'thrust[gt]', 'not', /contradicts/],
    ['what lists refuse for want of an index', 'title[contains]=a', 'title[contains]', 'index', /index/],
  ])('%s: %s', async (_what, query, parameter, keyword, detail) => {
    const { status, body } = await api.get(`/probes/statistics?${query}`);
    expect([status, body.errors?.[0]]).toEqual([400, { parameter, keyword, detail: expect.stringMatching(detail) }]);
  });

  test('a query that needs an index, with the ways out', async () => {
    const { body } = await api.get('/probes/statistics?title[contains]=a');
    expect(body.detail).toMatch(/search with q; or use no filter\. The setting allowScans/);
    const scanning = supertest(await serve(connection, { settings: { allowScans: true } }));
    expect((await scanning.get('/probes/statistics?title[contains]=Voy')).body).toEqual([{ count: 0 }]);
  });

  test('more than 1000 groups, not one of them is left out', async () => {
    await relays.deleteMany({});
    await relays.insertMany(Array.from({ length: 1000 }, (_, channel) => ({ name: 'R', channel, since: new Date() })));
    const { body } = await api.get('/relays/statistics?by=channel&of=channel').expect(200);
    expect(body.map(({ by }: { by: { channel: number } }) => by.channel)).toEqual(
      Array.from({ length: 1000 }, (_, channel) => channel),
    );
    await relays.insertOne({ name: 'R', channel: 1000, since: new Date() });
    const refused = await api.get('/relays/statistics?by=channel').expect(400);
    expect(refused.body.detail).toMatch(/more than 1000 groups.*coarser/);
    expect((await api.get('/relays/statistics?by=channel[2]')).body).toHaveLength(501);
  });

  test.each([
    ['quantiles, before MongoDB 7.0', 15_952, 'of=thrust&quantiles=0.5', 501, /MongoDB 7\.0/],
    ['groups that do not fit into memory', 292, 'by=title', 400, /coarser/],
    ['a zone that only Node knows', 40_485, 'by=lastFired[day]&timezone=Europe/Kyiv', 400, /timezone/],
  ])('what the database cannot do: %s', async (_what, code, query, status, detail) => {
    const failing = { toArray: async () => Promise.reject(new MongoServerError({ code, message: 'no' })) };
    jest.spyOn(probeModel(connection).collection, 'aggregate').mockReturnValueOnce(Object(failing));
    const answer = await api.get(`/probes/statistics?${query}`);
    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(detail)]);
  });

  test('what takes too long', async () => {
    await relays.insertMany(Array.from({ length: 2000 }, (_, channel) => ({ name: 'R', channel, since: new Date() })));
    const hurried = supertest(await serve(connection, { settings: { queryTimeoutMs: 1 } }));
    const { status, body } = await hurried.get('/relays/statistics?of=channel&by=since[day]&timezone=Europe/Berlin');
    expect([status, body.detail]).toEqual([503, expect.stringMatching(/longer than 1 ms\. Narrow the filter\.$/)]);
  });
});
