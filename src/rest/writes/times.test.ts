import { beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { withAndWithoutHistory } from '../../testing/with-and-without-history.ts';
import { relaysEnded } from '../history/relay.ts';

const { url, urls, entries, probes } = await withAndWithoutHistory();
const api = supertest(url);
const withHistory = [['a server with a history', api]] as const;
const servers = [...withHistory, ['a server without history', supertest(urls.withoutHistory)]] as const;

const FUTURE = '2096-05-01T12:00:00.000Z';
const id = '65a1b2c3d4e5f60718293a4b';
const path = `/probes/${id}`;

beforeEach(async () => {
  await relaysEnded(); // what comes to the history later would belong to the next member of this id
  await Promise.all([probes.deleteMany({}), entries.deleteMany({})]);
});

/** How a member comes to have timestamps in the future. */
const origins: Record<string, (server: typeof api) => PromiseLike<unknown>> = {
  'an import': (server) =>
    server.post('/probes').send([{ id, title: 'Voyager', createdAt: FUTURE, updatedAt: FUTURE }]),
  'a shell': () =>
    probes.insertOne({
      _id: new ObjectId(id),
      title: 'Voyager',
      createdAt: new Date(FUTURE),
      updatedAt: new Date(FUTURE),
    }),
};
const cases = servers.flatMap(([kind, server]) =>
  Object.entries(origins).map(([origin, make]) => [kind, origin, server, make] as const),
);

/** An answer that has no date in the future. */
function expectPresent({ headers, body }: supertest.Response, start: number) {
  const [date, modified] = [headers['date'], headers['last-modified']].map((text) => Date.parse(String(text)));
  expect(modified).toBeLessThanOrEqual(Number(date));
  const updatedAt = Date.parse(body.updatedAt);
  expect(updatedAt).toBeGreaterThanOrEqual(start);
  expect(updatedAt).toBeLessThanOrEqual(Date.now());
}

describe.each(cases)('on %s, timestamps in the future, brought by %s,', (_kind, _way, server, make) => {
  test('are shown as they are, but do not make Last-Modified lie', async () => {
    await make(server);
    for (const ask of [server.get(path), server.head(path)]) {
      const { status, headers } = await ask;
      expect(status).toBe(200);
      expect(Date.parse(String(headers['last-modified']))).toBeLessThanOrEqual(Date.parse(String(headers['date'])));
    }
    const { body, headers } = await server.get(path);
    expect(body).toMatchObject({ createdAt: FUTURE, updatedAt: FUTURE });
    expect((await server.get(path).set('If-None-Match', String(headers['etag']))).status).toBe(304);
    expect((await server.get('/probes').accept('application/x-ndjson')).text).toContain(FUTURE);
  });

  test.each<[string, (etag: string) => PromiseLike<supertest.Response>]>([
    ['a PATCH', () => server.patch(path).send({ thrust: 5 })],
    ['a PATCH of a state', (etag) => server.patch(path).set('If-Match', etag).send({ thrust: 5 })],
    ['a PUT', () => server.put(path).send({ title: 'Voyager', thrust: 5 })],
  ])('do not date %s, and the states before and after are two', async (_what, change) => {
    await make(server);
    const start = Date.now();
    const before = await server.get(path);
    const after = await change(String(before.headers['etag']));
    expectPresent(after, start);
    expect(after.headers['etag']).not.toBe(before.headers['etag']);
    const again = await server.patch(path).send({ thrust: 6 });
    expectPresent(again, Date.parse(after.body.updatedAt));
    expect((await server.get(path)).body).toEqual(again.body);
  });
});

describe.each(withHistory)('on %s', (_kind, server) => {
  const timesOf = async () =>
    (await server.get(`${path}/history`)).body.map(({ at }: Document) => Date.parse(String(at))).toReversed();

  /** Times as they come, each later than the one before. */
  async function expectReal(start: number, count: number) {
    const times = await timesOf();
    expect(times.length).toBe(count);
    const ordered = [start - 1, ...times, Date.now() + 1];
    expect(ordered).toEqual([...new Set(ordered)].toSorted((left, right) => left - right));
  }

  test.each(Object.entries(origins))(
    'the history of a member that %s has dated in the future tells when its changes were made',
    async (origin, make) => {
      const start = Date.now();
      await make(server);
      const seen = [(await server.get(path)).body];
      expect((await server.get(`${path}?at=${new Date().toISOString()}`)).body).toEqual(seen[0]);
      for (const thrust of [1, 2]) seen.push((await server.patch(path).send({ thrust })).body);
      const count = origin === 'an import' ? 3 : 2;
      await expectReal(start, count);
      const times = (await timesOf()).slice(-2);
      const states = [times[0] - 1, ...times].map(async (time) => {
        const { body } = await server.get(`${path}?at=${new Date(time).toISOString()}`);
        return body;
      });
      expect(await Promise.all(states)).toEqual(seen);
      await server.delete(path);
      expect((await server.get(`${path}?at=${new Date().toISOString()}`)).status).toBe(404);
      expectPresent(await server.post(`${path}/restore`), start);
      await expectReal(start, count + 2);
      expect((await server.get(`${path}?at=${new Date().toISOString()}`)).body.thrust).toBe(2);
    },
  );

  test('a member that is removed while its timestamp lies in the future is gone at once', async () => {
    const start = Date.now();
    await origins['an import']?.(server);
    await server.delete(path);
    expect((await server.get(`${path}?at=${new Date().toISOString()}`)).status).toBe(404);
    await expectReal(start, 2);
    expectPresent(await server.post(`${path}/restore`), start);
  });

  test('a history that an earlier version has dated in the future is put right', async () => {
    const start = Date.now();
    await origins['an import']?.(server);
    for (const thrust of [1, 2, 3]) await server.patch(path).send({ thrust });
    const made: Document[] = (await server.get(`${path}/history`)).body.toReversed();
    const known = await entries.find({}, { sort: { at: 1 } }).toArray();
    for (const [place, { _id }] of known.entries())
      if (place > 0) await entries.updateOne({ _id }, { $set: { at: new Date(Date.parse(FUTURE) + place) } });
    await probes.updateOne({}, { $set: { updatedAt: new Date(Date.parse(FUTURE) + 3) } });
    expectPresent(await server.patch(path).send({ thrust: 4 }), start);
    const history: Document[] = (await server.get(`${path}/history`)).body.toReversed();
    expect(history.slice(0, 4).map(({ patch }) => patch)).toEqual(made.map(({ patch }) => patch));
    expect(history.length).toBe(5);
    const times = history.map(({ at }) => Date.parse(String(at)));
    expect(times).toEqual([...new Set(times)].toSorted((left, right) => left - right));
    expect(Number(times.at(-1))).toBeLessThanOrEqual(Date.now());
    expect((await server.get(`${path}?at=${history[2]?.['at']}`)).body.thrust).toBe(2);
    expect((await server.get(`${path}?at=${new Date().toISOString()}`)).body.thrust).toBe(4);
  });

  test('changes at once have times of their own, in their order', async () => {
    const start = Date.now();
    await origins['an import']?.(server);
    const answers = await Promise.all([1, 2, 3, 4].map((thrust) => server.patch(path).send({ thrust })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await expectReal(start, 5);
  });
});
