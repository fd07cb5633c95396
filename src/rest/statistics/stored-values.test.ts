import { describe, expect, test } from '@jest/globals';
import { Decimal128, Double, Long, type Document } from 'mongodb';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';

const { url, relays } = await fixtureServer();
const api = supertest(url);

describe('what is stored by other means', () => {
  const insert = (documents: Document[]) => relays.insertMany(documents, { bypassDocumentValidation: true });
  const summed = async (query: string) => (await api.get(`/relays/statistics?${query}`).expect(200)).body;

  test('keeps the digits that a JSON number does not hold', async () => {
    await relays.deleteMany({});
    const [half, one] = [Long.fromString('4503599627370496'), Long.fromInt(1)];
    await insert([half, half].map((channel) => ({ channel })));
    const number = { count: 2, min: 2 ** 52, max: 2 ** 52, mean: 2 ** 52, sum: 2 ** 53 };
    expect(await summed('of=channel')).toEqual([{ count: 2, of: { channel: number } }]);
    await insert([{ channel: one }]);
    const digits = { count: 3, min: 1, max: 2 ** 52, mean: 3002399751580330.5, sum: '9007199254740993' };
    expect(await summed('of=channel')).toEqual([{ count: 3, of: { channel: digits } }]);
    const { text } = await api.get('/relays/statistics?of=channel').set('accept', 'text/csv');
    expect(text.split('\r\n')[1]).toMatch(/,9007199254740993$/);
  });

  test('is exact as a decimal, and a text where it is infinite', async () => {
    await relays.deleteMany({});
    await insert([{ channel: Decimal128.fromString('9007199254740993.25') }]);
    expect((await summed('of=channel'))[0].of.channel).toMatchObject({
      min: '9007199254740993.25',
      sum: '9007199254740993.25',
    });
    await relays.deleteMany({});
    await insert([1e308, 1e308].map((channel) => ({ channel: new Double(channel) })));
    expect((await summed('of=channel'))[0].of.channel).toMatchObject({ max: 1e308, mean: null, sum: 'Infinity' });
  });

  test.each(['UTC', 'America/New_York'])('is a time at the end of all times, in %s', async (zone) => {
    await relays.deleteMany({});
    await insert(['9999-12-31T23:59:59.999Z', '2026-05-01T12:00:00Z'].map((since) => ({ since: new Date(since) })));
    const years = (await summed(`by=since[year]&timezone=${zone}`)).map(({ by }: Document) => by['since']);
    expect(years).toEqual([expect.stringMatching(/^202[56]-/), expect.stringMatching(/^9999-/)]);
  });

  test('with another type counts as nothing', async () => {
    await relays.deleteMany({});
    await insert([{ channel: '7', since: 'yesterday' }, { channel: 3, since: new Date(0) }, {}]);
    expect(await summed('of=channel,since&by=since[year]')).toEqual([
      {
        by: { since: null },
        count: 2,
        of: {
          channel: { count: 0, min: null, max: null, mean: null, sum: 0 },
          since: { count: 0, min: null, max: null },
        },
      },
      {
        by: { since: '1970-01-01T00:00:00.000Z' },
        count: 1,
        of: {
          channel: { count: 1, min: 3, max: 3, mean: 3, sum: 3 },
          since: { count: 1, min: '1970-01-01T00:00:00.000Z', max: '1970-01-01T00:00:00.000Z' },
        },
      },
    ]);
    expect(await summed('by=channel[2]')).toEqual([
      { by: { channel: null }, count: 2 },
      { by: { channel: 2 }, count: 1 },
    ]);
  });
});
