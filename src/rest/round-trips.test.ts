import { expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { MongoClient } from 'mongodb';
import supertest from 'supertest';
import { fixtureServer, serve } from '../testing.ts';
import { atEnd } from '../testing/cleanup.ts';
import { relaysEnded } from './history/relay.ts';
import { standalone } from '../testing/standalone.ts';

const { uri, probes } = await fixtureServer();
/** The commands that a request sends to the database. */
let commands: string[] = [];
/** What the driver sends by itself. */
const BESIDE = new Set(['hello', 'ismaster', 'ping', 'endSessions']);

async function watched(kind: 'a server with transactions' | 'a standalone server') {
  const client = await MongoClient.connect(uri, { monitorCommands: true });
  client.on('commandStarted', ({ commandName, command }) => {
    // The relay works behind requests, for many at once.
    if (!BESIDE.has(commandName) && command['comment'] === undefined) commands.push(commandName);
  });
  atEnd(() => client.close());
  const connection = mongoose.createConnection().setClient(client);
  return supertest(await serve(kind === 'a standalone server' ? standalone(connection) : connection));
}
const servers = {
  'a server with transactions': await watched('a server with transactions'),
  'a standalone server': await watched('a standalone server'),
};

type Send = (api: ReturnType<typeof supertest>, path: string, tag: string) => supertest.Test;
const JSON_PATCH = 'application/json-patch+json';
const both = (count: string[]) => [count, count] as const;

test.each<[string, Send, readonly [string[], string[]]]>([
  ['GET one', (api, path) => api.get(path), both(['find'])],
  ['GET one, known already', (api, path, tag) => api.get(path).set('If-None-Match', tag), both(['find'])],
  ['a page', (api) => api.get('/probes?sort=-thrust&limit=2'), both(['find'])],
  // One for each rank, at the same time.
  ['a search', (api) => api.get('/probes?q=voy'), both(['find', 'find', 'find', 'find'])],
  ['POST', (api) => api.post('/probes').send({ title: 'Merlin' }), both(['insert'])],
  ['PATCH', (api, path) => api.patch(path).send({ thrust: 5 }), both(['findAndModify'])],
  ['PUT', (api, path) => api.put(path).send({ title: 'Merlin' }), both(['findAndModify'])],
  ['PATCH that changes nothing', (api, path) => api.patch(path).send({ thrust: 1 }), both(['findAndModify'])],
  [
    'PATCH with If-Match',
    (api, path, tag) => api.patch(path).set('If-Match', tag).send({ thrust: 5 }),
    both(['find', 'update']),
  ],
  [
    'JSON Patch',
    (api, path) => api.patch(path).type(JSON_PATCH).send('[{"op":"replace","path":"/thrust","value":5}]'),
    both(['find', 'update']),
  ],
  [
    'DELETE',
    (api, path) => api.delete(path),
    [
      ['find', 'delete', 'insert', 'commitTransaction'],
      ['find', 'insert', 'delete', 'update'],
    ],
  ],
])('%s takes the round trips to the database that it needs', async (_what, send, expected) => {
  for (const [place, api] of Object.values(servers).entries()) {
    await probes.deleteMany({});
    const { headers } = await api.post('/probes').send({ title: 'Voyager', thrust: 1 });
    await relaysEnded();
    const tag = String(headers['etag']);
    commands = [];
    const { status } = await send(api, String(headers['location']), tag);
    expect([status < 400, commands]).toEqual([true, expected[place]]);
  }
});
