import { beforeEach, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import type { Document } from 'mongodb';
import supertest from 'supertest';
import { serve, fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { relaysEnded } from '../history/relay.ts';
import { standalone } from '../../testing/standalone.ts';

const { url, probes, db, uri } = await fixtureServer();
const api = supertest(url);
const entries = db.collection('probes.history');
const keys = db.collection<Document & { _id: string }>('idempotencyKeys');
const connection = await mongoose.createConnection(uri, { autoCreate: false, autoIndex: false }).asPromise();
atEnd(() => connection.close());
const bare = supertest(await serve(standalone(connection)));
const JSON_PATCH = 'application/json-patch+json';

async function clear() {
  await relaysEnded();
  await Promise.all([probes, entries, keys].map((collection) => collection.deleteMany({})));
}
beforeEach(clear);

/** Makes the reservations of keys as old as those of processes that have died. */
const makeStale = () => keys.updateMany({}, [{ $set: { startedAt: { $add: ['$startedAt', -60_000] } } }]);

const post = (server: typeof api, key: string, body: object = { title: 'Merlin' }) =>
  server.post('/probes').set('Idempotency-Key', key).send(body);
const add = (server: typeof api, key: string, path: string) =>
  server.patch(path).set('Idempotency-Key', key).send({ thrust: 990 });

/** All that a client can tell one answer from another by. */
const essence = ({ status, text, headers }: supertest.Response) => ({
  status,
  text,
  ...Object.fromEntries(['etag', 'location', 'last-modified', 'content-type'].map((name) => [name, headers[name]])),
});

describe.each([
  ['a server with transactions', api],
  ['a standalone server', bare],
])('on %s a request with a key', (_kind, server) => {
  test('is done once, and answered alike by every copy of the API', async () => {
    const first = await post(server, '"one"');
    expect(first.status).toBe(201);
    for (const other of [api, bare]) expect(essence(await post(other, '"one"'))).toEqual(essence(first));
    expect(await probes.countDocuments()).toBe(1);
    const path = String(first.headers['location']);
    const changed = await add(server, 'two', path);
    await api.patch(path).send({ thrust: 5 });
    expect(essence(await add(api, 'two', path))).toEqual(essence(changed));
    expect((await api.get(path)).body.thrust).toBe(5);
    await relaysEnded();
    expect(await entries.countDocuments()).toBe(3);
  });

  test('is done once, however many come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, place) => post(place % 2 ? api : server, 'k')));
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].every((status) => status === 201 || status === 409)).toBe(true);
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ text }) => text)).size).toBe(1);
    for (const { headers, status } of answers) if (status === 409) expect(headers['retry-after']).toBe('1');
    expect(await probes.countDocuments()).toBe(1);
  });

  test('that failed for a reason of its own fails alike again', async () => {
    const { headers } = await server.post('/probes').send({ title: 'Merlin', thrust: 1 });
    const path = String(headers['location']);
    const attempt = () =>
      server
        .patch(path)
        .set('Idempotency-Key', 'test')
        .type(JSON_PATCH)
        .send('[{"op":"test","path":"/thrust","value":2},{"op":"replace","path":"/title","value":"M"}]');
    const first = await attempt();
    expect(first.status).toBe(409);
    await api.patch(path).send({ thrust: 2 });
    expect(essence(await attempt())).toEqual(essence(first));
    expect((await api.get(path)).body.title).toBe('Merlin');
  });

  test.each(['POST', 'PATCH'])(
    '(%s) whose process was killed at any write is done once by the next attempt',
    async (method) => {
      for (let write = 1, died = true; died; write += 1) {
        await clear();
        const { headers } = await api.post('/probes').send({ title: 'Raptor', thrust: 1 });
        const path = String(headers['location']);
        const send = (to: typeof api) => (method === 'POST' ? post(to, 'k') : add(to, 'k', path));
        const { client, isDead } = await mortalClient(uri, write);
        const mortal = mongoose.createConnection().setClient(client);
        await send(supertest(await serve(server === bare ? standalone(mortal) : mortal)));
        died = isDead();
        // Ends the transaction that it has left open, as the server would after a minute.
        await client.removeAllListeners().close();
        const early = await send(server);
        expect([200, 201, 409]).toContain(early.status);
        await makeStale();
        const late = await send(server);
        expect(late.status).toBe(method === 'POST' ? 201 : 200);
        const stored = await api.get(method === 'POST' ? String(late.headers['location']) : path);
        expect([stored.body, stored.headers['etag']]).toEqual([late.body, late.headers['etag']]);
        expect(await probes.countDocuments()).toBe(method === 'POST' ? 2 : 1);
        const { body } = await server.get(`/probes/${stored.body.id}/history`);
        expect(body.map(({ kind }: Document) => kind)).toEqual(method === 'POST' ? ['create'] : ['change', 'create']);
      }
    },
  );
});

describe('a key', () => {
  test.each([
    ['another body', (path: string) => api.patch(path).send({ thrust: 991 })],
    ['another condition', (path: string) => api.patch(path).set('If-Match', '*').send({ thrust: 990 })],
    [
      'another media type',
      (path: string) => api.patch(path).type('application/merge-patch+json').send('{"thrust":990}'),
    ],
    ['another path', () => api.patch(`/probes/${'0'.repeat(24)}`).send({ thrust: 990 })],
    ['another method', () => api.post('/probes').send({ title: 'M', thrust: 990 })],
  ])('is refused with %s', async (_what, other) => {
    const { headers } = await api.post('/probes').send({ title: 'Merlin' });
    const path = String(headers['location']);
    expect((await add(api, '"k"', path)).status).toBe(200);
    const { status, body } = await other(path).set('Idempotency-Key', '"k"');
    expect([status, body.errors]).toEqual([422, [expect.objectContaining({ header: 'Idempotency-Key' })]]);
  });

  test.each(['', '""', 'two words', '"unclosed', `"${'k'.repeat(256)}"`, '"\u00E9"'])('%j is refused', async (key) => {
    const { status, body } = await post(api, key);
    expect([status, body.errors?.[0]?.header]).toEqual([400, 'Idempotency-Key']);
    expect(await probes.countDocuments()).toBe(0);
  });

  test('is free again after 24 hours, and the database forgets it by itself', async () => {
    const first = await post(api, 'k');
    const [record] = await keys.find().toArray();
    expect(Number(record?.['expiresAt']) - Number(record?.['startedAt'])).toBe(86_400_000);
    await keys.updateMany({}, { $set: { expiresAt: new Date(Date.now() - 1000) } });
    const second = await post(api, 'k', { title: 'Raptor' });
    expect([second.status, second.body.title]).toEqual([201, 'Raptor']);
    expect(second.body.id).not.toBe(first.body.id);
    expect(await keys.indexes()).toContainEqual(
      expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }),
    );
  });

  test('does not keep a request that was refused before anything was done', async () => {
    expect((await post(api, 'k', { title: '' })).status).toBe(422);
    expect((await post(api, 'k')).status).toBe(201);
  });
});
