import { describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';
import { etagOf } from './preconditions.ts';

const { url } = await fixtureServer();
const api = supertest(url);
const { headers, text: created } = await api.post('/probes').send({ title: 'Voyager' }).expect(201);
const path = String(headers['location']);

describe('JSON ends with a line feed', () => {
  test.each([
    ['a created member', async () => created],
    ['a member', async () => (await api.get(path)).text],
    ['a changed member', async () => (await api.patch(path).send({ thrust: 5 })).text],
    ['a page', async () => (await api.get('/probes')).text],
    ['a problem', async () => (await api.get('/nowhere')).text],
    ['the report of an import', async () => (await api.post('/probes').send([{ title: 1 }])).text],
    ['the description', async () => (await api.get('/openapi.json')).text],
    [
      'an answer that is sent again',
      async () => {
        const send = () => api.patch(path).set('Idempotency-Key', 'k').send({ thrust: 6 });
        await send();
        return (await send()).text;
      },
    ],
  ])('in %s', async (_what, read) => expect(await read()).toMatch(/^[{[][^\n]*[}\]]\n$/));

  test('that the content length counts, also for HEAD, and that the ETag does not depend on', async () => {
    const answer = await api.get(path);
    const head = await api.head(path);
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)));
    expect(answer.headers['content-length']).toBe(head.headers['content-length']);
    expect(etagOf(answer.text.slice(0, -1))).toBe(answer.headers['etag']);
  });
});
