import { describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from './testing.ts';

const { url } = await fixtureServer();
const api = supertest(url);

describe('GET /', () => {
  test.each([
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
    ['who wants HTML alone', 'text/html'],
    ['who would rather have HTML', 'application/json;q=0.5, text/html'],
  ])('answers %s with the page for operators', async (_who, accept) => {
    const { status, headers, type } = await api.get('/').set('accept', accept);
    expect([status, type, headers['vary']]).toEqual([200, 'text/html', 'Accept, Accept-Encoding']);
  });

  test('refuses a parameter that the page does not have', async () => {
    const { status, body } = await api.get('/?q=1').set('accept', 'text/html');
    expect([status, body.errors[0].parameter]).toEqual([400, 'q']);
  });

  test.each([
    ['curl', '*/*'],
    ['a library', 'application/json, text/plain, */*'],
    ['who wants JSON', 'application/json; charset=utf-8'],
  ])('tells %s where everything is', async (_who, accept) => {
    const { status, body, headers } = await api.get('/').set('accept', accept);
    expect([status, headers['vary'], body]).toEqual([
      200,
      'Accept',
      {
        openapi: '/openapi.json',
        docs: '/docs',
        health: '/health',
        collections: [
          { path: '/probes', description: 'Probes' },
          { path: '/relays', description: 'Relays' },
        ],
      },
    ]);
  });

  test('leads to what is there', async () => {
    const { body } = await api.get('/');
    const paths = [body.openapi, body.docs, body.health, ...body.collections.map(({ path }: { path: string }) => path)];
    for (const path of paths) expect([path, (await api.get(path)).status]).toEqual([path, 200]);
  });
});
