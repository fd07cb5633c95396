import { describe, expect, test } from '@jest/globals';
import { loadSettings } from '../../config.ts';
import { readDescription } from '../../testing/description.ts';
import { fixtureServer, serve } from '../../testing.ts';
import { ALLOWED_HEADERS, EXPOSED_HEADERS } from './cors.ts';

const APP = 'https://app.example.com';
const { url: closed, connection } = await fixtureServer();
const named = await serve(connection, { origins: [APP, 'http://localhost:8080'] });
const open = await serve(connection, { origins: ['*'] });
const { operations } = await readDescription(closed);

async function ask(url: string, origin: string | undefined, method = 'GET', path = '/probes', more = {}) {
  const headers = { ...(origin !== undefined && { origin }), ...more };
  const { status, headers: got } = await fetch(url + path, { method, headers });
  return { status, headers: Object.fromEntries(got) };
}

const preflight = (url: string, origin: string, path: string, method: string) =>
  ask(url, origin, 'OPTIONS', path, {
    'access-control-request-method': method,
    'access-control-request-headers': 'authorization,content-type',
  });

const corsOf = ({ headers }: { headers: Record<string, string> }) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));

describe('without named origins', () => {
  test('no answer says anything to pages of other origins', async () => {
    const { status, headers } = await ask(closed, APP);
    expect([status, headers['vary']]).toEqual([200, 'Accept, Prefer']);
    expect(corsOf({ headers })).toEqual({});
    expect(corsOf(await preflight(closed, APP, '/probes', 'POST'))).toEqual({});
  });
});

describe('with named origins', () => {
  test.each([APP, 'http://localhost:8080'])('a page of %s may read answers and their headers', async (origin) => {
    const answer = await ask(named, origin);
    expect(corsOf(answer)).toEqual({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
    });
    expect(answer.headers['vary']).toBe('Accept, Prefer, Origin');
  });

  test('it may read problems too', async () => {
    const answer = await ask(named, APP, 'GET', '/nothing');
    expect([answer.status, corsOf(answer)['access-control-allow-origin'], answer.headers['vary']]).toEqual([
      404,
      APP,
      'Origin',
    ]);
  });

  test.each([
    'https://app.example.com.evil.example',
    'http://app.example.com',
    'https://app.example.com:8443',
    'null',
    undefined,
  ])('a page of %s may not, and caches learn that the answer depends on the origin', async (origin) => {
    const answer = await ask(named, origin);
    expect([corsOf(answer), answer.headers['vary']]).toEqual([{}, 'Accept, Prefer, Origin']);
    if (origin !== undefined) expect(corsOf(await preflight(named, origin, '/probes', 'POST'))).toEqual({});
  });

  test.each([
    ['/probes', 'GET, POST, HEAD, OPTIONS'],
    [`/probes/${'0'.repeat(24)}`, 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS'],
    ['/health', 'GET, HEAD, OPTIONS'],
    ['/docs', 'GET, HEAD, OPTIONS'],
  ])('a preflight for %s names the methods of that path', async (path, methods) => {
    const answer = await preflight(named, APP, path, 'PATCH');
    expect(answer.status).toBe(204);
    expect(corsOf(answer)).toEqual({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': ALLOWED_HEADERS.join(', '),
      'access-control-max-age': '7200',
    });
  });

  test('a preflight for a path where nothing is fails', async () => {
    expect((await preflight(named, APP, '/nothing', 'GET')).status).toBe(404);
  });

  test('an OPTIONS that is no preflight gets the methods of the path', async () => {
    const { status, headers } = await ask(named, APP, 'OPTIONS');
    expect([status, headers['allow'], headers['access-control-allow-methods']]).toEqual([
      204,
      'GET, POST, HEAD, OPTIONS',
      undefined,
    ]);
  });
});

test('with * every page may read answers, and they depend on no origin', async () => {
  for (const origin of [APP, 'null']) {
    const answer = await ask(open, origin);
    expect([corsOf(answer)['access-control-allow-origin'], answer.headers['vary']]).toEqual(['*', 'Accept, Prefer']);
  }
});

describe('a write that a browser sends for a page of another origin', () => {
  const restore = (url: string, headers: Record<string, string>, method = 'POST') =>
    ask(url, undefined, method, `/probes/${'0'.repeat(24)}/restore`, headers);

  test.each([
    ['cross-site', 'https://evil.example', 403],
    ['same-site', 'https://evil.example', 403],
    ['cross-site', 'null', 403],
    ['cross-site', APP, 404],
    ['same-origin', 'https://engines.example', 404],
    ['none', undefined, 404],
  ])('is refused unless that origin is named: %s, %s is a %i', async (site, origin, status) => {
    const headers = { 'sec-fetch-site': site, ...(origin !== undefined && { origin }) };
    expect((await restore(named, headers)).status).toBe(status);
    expect((await restore(open, headers)).status).toBe(404);
  });

  test('is no read: those only hide their answer', async () => {
    expect((await ask(closed, APP, 'GET', '/probes', { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  });
});

/** Browsers let pages read and send these without being asked (WHATWG Fetch). */
const SAFE = new Set(['Cache-Control', 'Last-Modified', 'Accept']);

test('every described header of a request may be sent, and every described header of an answer may be read', () => {
  const sent = operations.flatMap(({ parameters }) => parameters.filter((one) => one.in === 'header'));
  const received = operations.flatMap(({ responses }) =>
    Object.values(responses).flatMap(({ headers = {} }) => Object.keys(headers)),
  );
  expect(sent.map(({ name }) => name).filter((name) => !SAFE.has(name) && !ALLOWED_HEADERS.includes(name))).toEqual([]);
  expect(received.filter((name) => !SAFE.has(name) && !EXPOSED_HEADERS.includes(name))).toEqual([]);
});

describe('the setting', () => {
  const load = (CORS_ORIGINS: string) => loadSettings({ INSTANCE_PATH: '/nowhere', CORS_ORIGINS });

  test('is a list, empty by default', () => {
    expect(load('').cors.origins).toEqual([]);
    expect(load(`${APP}, http://localhost:8080`).cors.origins).toEqual([APP, 'http://localhost:8080']);
    expect(load('*').cors.origins).toEqual(['*']);
  });

  test.each([
    'app.example.com',
    `${APP}/`,
    `${APP}/path`,
    'https://*.example.com/',
    `${APP},`,
    'null',
    'HTTPS://a.example',
  ])('takes no %s', (value) => {
    expect(() => load(value)).toThrow(/CORS_ORIGINS: .* is not accepted; it must be a list of origins/);
  });
});
