import { describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from '../testing.ts';

const { url } = await fixtureServer();
const api = supertest.agent(url).set('accept-encoding', 'identity');
const { text: page } = await api.get('/docs');
const named = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, address = '']) => `/${address}`);
const assets = ['/docs', ...named];

describe('the page of the description', () => {
  test('names files of this origin alone, and has no script or style in itself', () => {
    expect(named).toEqual(expect.arrayContaining(['/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css']));
    for (const address of named) expect(address).toMatch(/^\/docs\/[\w.-]+$/);
    expect(page).not.toMatch(/<style|style=|<script(?![^>]*src=)[^>]*>|\son\w+=/);
  });

  test('shows /openapi.json, and sends it nowhere', async () => {
    const { text } = await api.get('/docs/initialise.js');
    expect(text).toContain("url: 'openapi.json'");
    expect(text).toContain('validatorUrl: null');
  });

  test.each(assets)('is served under a strict policy, with %s', async (path) => {
    const { status, headers } = await api.get(path);
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' });
  });

  test.each([
    ['/docs', 'text/html; charset=utf-8'],
    ['/docs/initialise.js', 'text/javascript'],
    ['/docs/swagger-ui-bundle.js', 'text/javascript'],
    ['/docs/swagger-ui.css', 'text/css'],
    ['/docs/favicon-32x32.png', 'image/png'],
  ])('tells that %s is %s', async (path, type) => {
    const { headers } = await api.get(path);
    expect([headers['content-type'], Number(headers['content-length']) > 0]).toEqual([type, true]);
  });

  test.each(assets)('is not sent twice: %s', async (path) => {
    const { headers } = await api.get(path);
    const etag = String(headers['etag']);
    expect((await api.get(path).set('if-none-match', etag)).status).toBe(304);
    expect((await api.get(path).set('if-none-match', '"another"')).status).toBe(200);
    expect((await api.get(path).set('if-match', '"another"')).status).toBe(412);
    const head = await api.head(path);
    expect([head.status, head.headers['etag'], head.headers['content-length']]).toEqual([
      200,
      etag,
      headers['content-length'],
    ]);
  });

  test.each(['/docs', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js'])(
    'is compressed for who takes that: %s',
    async (path) => {
      const plain = await api.get(path);
      const compressed = await api.get(path).set('accept-encoding', 'gzip');
      expect(compressed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
      expect(Number(compressed.headers['content-length'])).toBeLessThan(Number(plain.headers['content-length']));
      expect(compressed.headers['etag']).not.toBe(plain.headers['etag']);
      expect([compressed.text, compressed.body]).toEqual([plain.text, plain.body]);
    },
  );

  test.each(assets)('is only read: %s', async (path) => {
    const { status, headers, body } = await api.post(path);
    expect([status, headers['allow'], body.status]).toEqual([405, 'GET, HEAD, OPTIONS', 405]);
    expect((await api.options(path)).headers['allow']).toBe('GET, HEAD, OPTIONS');
  });

  test.each(['/docs/index.html', '/docs/package.json', '/docs/..%2fpackage.json', '/Docs'])(
    'has nothing at %s',
    async (path) => {
      expect((await api.get(path)).status).toBe(404);
    },
  );
});
