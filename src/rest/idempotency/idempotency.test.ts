import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import mongoose from 'mongoose';
import { ObjectId, type Document, type MongoClient } from 'mongodb';
import supertest from 'supertest';
import { serve, fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { relaysEnded } from '../history/relay.ts';
import { OUTBOX } from '../writes/outbox.ts';

const { url, probes, db, uri } = await fixtureServer();
const api = supertest(url);
const entries = db.collection('probes.history');
const keys = db.collection<Document & { _id: string }>('idempotencyKeys');
const another = async (client?: MongoClient) => {
  const connection = client
    ? mongoose.createConnection().setClient(client)
    : await mongoose.createConnection(uri, { autoCreate: false, autoIndex: false }).asPromise();
  if (!client) atEnd(() => connection.close());
  return connection;
};
const WITHOUT = { settings: { history: { enabled: false, days: 9 } } };
const bare = supertest(await serve(await another(), WITHOUT));
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
  ['a server with a history', api],
  ['a server without history', bare],
])('on %s a request with a key', (_kind, server) => {
  const hasHistory = server === api;
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
    expect(await entries.countDocuments()).toBe(hasHistory ? 3 : 1);
    expect(await probes.countDocuments({ [OUTBOX]: { $exists: true } })).toBe(0);
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

  test.each(['POST', 'PATCH', 'JSON Patch', 'If-Match', ...(hasHistory ? ['restore'] : [])])(
    '(%s) whose process was killed at any write is done once by the next attempt, whatever others have done meanwhile',
    async (method) => {
      for (let write = 1, died = true; died; write += 1) {
        await clear();
        const { headers } = await api.post('/probes').send({ title: 'Raptor', thrust: 1 });
        const path = String(headers['location']);
        const tag = String(headers['etag']);
        if (method === 'restore') await api.delete(path);
        const keyed = (request: supertest.Test) => request.set('Idempotency-Key', 'k');
        const ways: Record<string, (to: typeof api) => supertest.Test> = {
          PATCH: (to) => add(to, 'k', path),
          'JSON Patch': (to) =>
            keyed(to.patch(path).type(JSON_PATCH)).send('[{"op":"replace","path":"/thrust","value":990}]'),
          'If-Match': (to) => keyed(to.patch(path).set('If-Match', tag)).send({ thrust: 990 }),
          restore: (to) => keyed(to.post(`${path}/restore`)),
        };
        const send = ways[method] ?? ((to: typeof api) => post(to, 'k'));
        const { client, isDead } = await mortalClient(uri, write);
        await send(supertest(await serve(await another(client), hasHistory ? {} : WITHOUT)));
        died = isDead();
        await client.removeAllListeners().close();
        const early = await send(server);
        expect([200, 201, 409]).toContain(early.status);
        const [made] = await probes.find(method === 'POST' ? { title: 'Merlin' } : { thrust: 990 }).toArray();
        const isMade = method === 'restore' ? (await probes.countDocuments()) > 0 : made !== undefined;
        const member = method === 'POST' ? `/probes/${String(made?._id)}` : path;
        const others = write % 2 === 0 && isMade ? (await api.patch(member).send({ thrust: 5 })).body : undefined;
        await makeStale();
        const late = await send(server);
        expect(late.status).toBe(method === 'POST' ? 201 : 200);
        expect(late.body.thrust).toBe(
          others && early.status === 409 && !hasHistory ? 5 : ({ POST: 0, restore: 1 }[method] ?? 990),
        );
        const stored = await api.get(method === 'POST' ? String(late.headers['location']) : path);
        expect(stored.body).toEqual(others ?? late.body);
        if (!others) expect(stored.headers['etag']).toBe(late.headers['etag']);
        expect(await probes.countDocuments()).toBe(method === 'POST' ? 2 : 1);
        if (!hasHistory) continue;
        const { body } = await server.get(`/probes/${stored.body.id}/history`);
        const kinds = {
          POST: ['create'],
          restore: ['restore', 'remove', 'create'],
        }[method] ?? ['change', 'create'];
        expect(body.map(({ kind }: Document) => kind)).toEqual([...(others ? ['change'] : []), ...kinds]);
      }
    },
  );

  test('whose attempt took so long that another may have begun changes nothing', async () => {
    const { client } = await mortalClient(uri, 99);
    const slow = supertest(await serve(await another(client), hasHistory ? {} : WITHOUT));
    const { headers } = await api.post('/probes').send({ title: 'Raptor', thrust: 1 });
    const path = String(headers['location']);
    const clock = Date.now;
    client.on('commandSucceeded', ({ commandName }) => {
      if (commandName === 'findAndModify') jest.spyOn(Date, 'now').mockImplementation(() => clock() + 8000);
    });
    const first = await add(slow, 'k', path);
    jest.restoreAllMocks();
    expect([first.status, (await api.get(path)).body.thrust]).toEqual([409, 1]);
    await keys.deleteMany({});
    expect((await add(server, 'k', path)).status).toBe(200);
  });
});

test.each([true, false])('what version 1.0 has announced is understood: made %p', async (isMade) => {
  const { headers } = await api.post('/probes').send({ title: 'Raptor', thrust: 1 });
  const path = String(headers['location']);
  const first = await add(api, 'k', path);
  const [{ answer, ...record } = {}]: Document[] = await keys.find().toArray();
  await probes.updateOne(
    {},
    { $unset: { [OUTBOX]: true }, ...(!isMade && { $set: { thrust: 1, updatedAt: new Date() } }) },
  );
  await relaysEnded();
  await entries.deleteMany({});
  const announced = {
    kind: 'change',
    id: new ObjectId(path.slice(-24)),
    at: new Date(String(first.body.updatedAt)),
    answer,
  };
  const old = { memberId: new ObjectId(), startedAt: new Date(Date.now() - 60_000), attempt: 'of another' };
  await keys.replaceOne({ _id: 'k' }, { ...record, ...old, announced });
  const late = await add(api, 'k', path);
  expect([late.status, late.text === first.text]).toEqual([200, isMade]);
  expect((await api.get(path)).body).toEqual(late.body);
  expect((await api.get(`${path}/history`)).body.length).toBe(isMade ? 0 : 1);
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
