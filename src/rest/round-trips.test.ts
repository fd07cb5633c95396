import { expect, test } from '@jest/globals';
import type { Connection } from 'mongoose';
import supertest from 'supertest';
import { fixtureServer, serve } from '../testing.ts';
import { relaysEnded } from './history/relay.ts';
import { watchedConnection } from '../testing/sent-commands.ts';
import { standalone } from '../testing/standalone.ts';

const { uri, probes } = await fixtureServer();
const server = async (make: (connection: Connection) => Connection) => {
  const { connection, sent } = await watchedConnection(uri);
  return { sent, api: supertest(await serve(make(connection))) };
};
const servers = [await server((withTransactions) => withTransactions), await server(standalone)];

type Send = (api: ReturnType<typeof supertest>, path: string, tag: string) => supertest.Test;
const JSON_PATCH = 'application/json-patch+json';
/** A key of its own for each member. */
const key = (path: string) => `"${path}"`;

test.each<[string, Send, string[]]>([
  ['GET one', (api, path) => api.get(path), ['find']],
  ['GET one, known already', (api, path, tag) => api.get(path).set('If-None-Match', tag), ['find']],
  ['a page', (api) => api.get('/probes?sort=-thrust&limit=2'), ['find']],
  ['a search', (api) => api.get('/probes?q=voy'), ['find']],
  ['statistics', (api) => api.get('/probes/statistics?by=thrust&of=thrust'), ['aggregate']],
  ['POST', (api) => api.post('/probes').send({ title: 'Merlin' }), ['insert']],
  ['PATCH', (api, path) => api.patch(path).send({ thrust: 5 }), ['findAndModify']],
  ['PUT', (api, path) => api.put(path).send({ title: 'Merlin' }), ['findAndModify']],
  ['PATCH that changes nothing', (api, path) => api.patch(path).send({ thrust: 1 }), ['findAndModify']],
  [
    'PATCH with If-Match',
    (api, path, tag) => api.patch(path).set('If-Match', tag).send({ thrust: 5 }),
    ['find', 'update'],
  ],
  [
    'JSON Patch',
    (api, path) => api.patch(path).type(JSON_PATCH).send('[{"op":"replace","path":"/thrust","value":5}]'),
    ['find', 'update'],
  ],
  ['DELETE', (api, path) => api.delete(path), ['find', 'bulkWrite']],
  ['DELETE with If-Match', (api, path, tag) => api.delete(path).set('If-Match', tag), ['find', 'bulkWrite']],
  [
    'POST with a key',
    (api, path) => api.post('/probes').set('Idempotency-Key', key(path)).send({ title: 'Merlin' }),
    ['findAndModify', 'insert', 'update'],
  ],
  [
    'PATCH with a key',
    (api, path) => api.patch(path).set('Idempotency-Key', key(path)).send({ thrust: 5 }),
    ['findAndModify', 'findAndModify', 'update'],
  ],
])('%s takes the round trips to the database that it needs', async (_what, send, expected) => {
  for (const { api, sent } of servers) {
    await probes.deleteMany({});
    const { headers } = await api.post('/probes').send({ title: 'Voyager', thrust: 1 });
    await relaysEnded();
    const tag = String(headers['etag']);
    sent.length = 0;
    const { status } = await send(api, String(headers['location']), tag);
    expect([status < 400, sent.map(({ commandName }) => commandName)]).toEqual([true, expected]);
  }
});

test('what is brought back is written once, with its entry; the rest is read', async () => {
  for (const { api, sent } of servers) {
    const { headers } = await api.post('/probes').send({ title: 'Voyager' });
    const path = String(headers['location']);
    await api.delete(path);
    await relaysEnded();
    sent.length = 0;
    expect((await api.post(`${path}/restore`)).status).toBe(200);
    expect(sent.map(({ commandName }) => commandName)).toEqual(['find', 'find', 'find', 'find', 'insert', 'find']);
  }
});
