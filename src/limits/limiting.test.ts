import { describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { createKey } from '../access/index.ts';
import { loadSettings } from '../config.ts';
import { fixtureServer, serve } from '../testing.ts';

const { limits } = loadSettings({});
const TYPES = 'https://iana.org/assignments/http-problem-types';

/** A server whose clients are all behind one proxy on this machine, so that a test chooses their addresses. */
const proxied = (changed: Partial<typeof limits>) => ({ limits: { ...limits, ...changed }, trustProxy: 1 });

test('copies of the API share a quota: of 1,000 requests sent at once to two of them, as many are done as it has', async () => {
  const settings = { ...proxied({ reads: 100 }), host: '0.0.0.0' };
  const { url, connection } = await fixtureServer({ settings });
  const urls = [url, await serve(connection, { settings })];
  const { key } = await createKey(connection, { name: 'test', role: 'reader' });
  const send = async (_: unknown, one: number) => {
    const response = await fetch(`${urls[one % 2]}/probes?limit=1`, { headers: { authorization: `Bearer ${key}` } });
    await response.arrayBuffer();
    return response.status;
  };
  const first = [await send(0, 0), await send(0, 1)];
  const statuses = [...first, ...(await Promise.all(Array.from({ length: 998 }, send)))];
  const count = (wanted: number) => statuses.filter((status) => status === wanted).length;
  expect([count(200), count(429)]).toEqual([100, 900]);
});

describe('a quota', () => {
  test('is told by each answer, and the first request beyond it gets a problem that says when to come again', async () => {
    const { url } = await fixtureServer({ settings: proxied({ reads: 2, writes: 1 }) });
    const api = supertest(url);
    const ask = () => api.get('/probes').set('x-forwarded-for', '192.0.2.1');
    expect((await ask()).headers).toMatchObject({
      'ratelimit-policy': '"reads";q=2;w=60',
      ratelimit: expect.stringMatching(/^"reads";r=1;t=(60|59)$/),
    });
    const last = await api.get('/probes?colour=red').set('x-forwarded-for', '192.0.2.1');
    expect([last.status, last.headers['ratelimit']]).toEqual([400, undefined]);
    expect((await ask()).headers['ratelimit']).toContain(';r=0;');
    const { status, headers, body } = await ask();
    const [, seconds] = /;r=0;t=(\d+)$/.exec(String(headers['ratelimit'])) ?? [];
    expect([status, headers['retry-after'], headers['ratelimit-policy']]).toEqual([429, seconds, '"reads";q=2;w=60']);
    expect(body).toEqual({
      type: `${TYPES}#quota-exceeded`,
      title: 'Quota exceeded',
      status: 429,
      detail: `You have sent all 2 reads that you may send within 60 s. Nothing was done. Try again after ${seconds} s.`,
      instance: '/probes',
      'violated-policies': ['reads'],
    });
    const write = await api.post('/probes').set('x-forwarded-for', '192.0.2.1').send({ title: 'Merlin' });
    expect([write.status, write.headers['ratelimit']]).toEqual([201, expect.stringContaining('"writes";r=0;')]);
  });

  test('is one for imports and exports, however they are sent', async () => {
    const { url } = await fixtureServer({ settings: proxied({ bulk: 3 }) });
    const api = supertest(url);
    const from = '192.0.2.1';
    const statuses = [
      (await api.get('/probes').accept('text/csv').set('x-forwarded-for', from)).status,
      (await api.post('/probes').type('application/x-ndjson').set('x-forwarded-for', from).send('{"title":"A"}\n'))
        .status,
      (
        await api
          .post('/probes')
          .set('x-forwarded-for', from)
          .send([{ title: 'B' }])
      ).status,
      (
        await api
          .post('/probes')
          .set('x-forwarded-for', from)
          .send([{ title: 'C' }])
      ).status,
      (await api.get('/probes').accept('application/x-ndjson').set('x-forwarded-for', from)).status,
    ];
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await api.get('/probes').set('x-forwarded-for', from)).body).toHaveLength(2);
  });

  test('is one for each address, of IPv6 for each network, and only that which a trusted proxy has seen', async () => {
    const { url, connection } = await fixtureServer({ settings: proxied({ reads: 1 }) });
    const status = async (address: string, at = url) =>
      (await supertest(at).get('/probes?limit=1').set('x-forwarded-for', address)).status;
    expect(await status('192.0.2.1')).toBe(200);
    expect(await status('192.0.2.1')).toBe(429);
    expect(await status('192.0.2.1, 192.0.2.2')).toBe(200); // what a client itself writes is on the left
    expect(await status('192.0.2.3, 192.0.2.2')).toBe(429);
    expect(await status('2001:db8:1:2::1')).toBe(200);
    expect(await status('2001:db8:1:2::2')).toBe(429);
    expect(await status('2001:db8:1:3::1')).toBe(200);
    const untrusting = await serve(connection, { settings: { limits: { ...limits, reads: 1 } } });
    for (let one = 0; one < 3; one += 1) expect(await status('192.0.2.1', untrusting)).toBe(200);
  });

  test('is not used by health checks, nor by this machine as long as nobody has to say who sends', async () => {
    const { url } = await fixtureServer({ settings: { limits: { ...limits, reads: 1, writes: 1 } } });
    for (let one = 0; one < 3; one += 1) {
      expect((await supertest(url).get('/probes')).headers).not.toHaveProperty('ratelimit');
      expect((await supertest(url).get('/health').set('x-forwarded-for', '192.0.2.1')).status).toBe(200);
    }
  });

  test('is none if the limits are turned off', async () => {
    const { url } = await fixtureServer({ settings: proxied({ reads: 1, enabled: false }) });
    for (let one = 0; one < 3; one += 1)
      expect((await supertest(url).get('/probes').set('x-forwarded-for', '192.0.2.1')).status).toBe(200);
  });
});

describe('requests without a valid credential', () => {
  test('are not looked at after too many came from their address; a valid one is', async () => {
    const { url, connection } = await fixtureServer({ settings: { ...proxied({ failures: 3 }), host: '0.0.0.0' } });
    const { key } = await createKey(connection, { name: 'test', role: 'reader' });
    const ask = (address: string, authorization?: string) =>
      supertest(url)
        .get('/probes')
        .set({ 'x-forwarded-for': address, ...(authorization !== undefined && { authorization }) });
    const wrong = `Bearer ${key.slice(0, -1)}x`;
    for (const authorization of [undefined, wrong, 'Basic abc'])
      expect((await ask('192.0.2.1', authorization)).status).toBe(401);
    for (const authorization of [undefined, wrong]) {
      const { status, headers, body } = await ask('192.0.2.1', authorization);
      expect([status, body.type, body['violated-policies']]).toEqual([
        429,
        `${TYPES}#abnormal-usage-detected`,
        ['failures'],
      ]);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(headers).not.toHaveProperty('www-authenticate');
    }
    expect((await ask('192.0.2.1', `Bearer ${key}`)).status).toBe(200);
    expect((await ask('192.0.2.2')).status).toBe(401);
  });
});
