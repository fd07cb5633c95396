import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import mongoose from 'mongoose';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { serve, fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { links } from '../../testing/links.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { relaysEnded } from './relay.ts';
import { historyDefinition } from './entries.ts';

const { url, probes, db, uri } = await fixtureServer();
const api = supertest(url);
const entries = db.collection('probes.history');
const JSON_PATCH = 'application/json-patch+json';
const NOBODY = '0'.repeat(24);

/** A connection of its own to the same database. */
async function anotherConnection() {
  const connection = await mongoose.createConnection(uri, { autoCreate: false, autoIndex: false }).asPromise();
  atEnd(() => connection.close());
  return connection;
}

async function clear() {
  await relaysEnded();
  await probes.deleteMany({});
  await entries.deleteMany({});
}
beforeEach(clear);

async function created(server = api) {
  const { body } = await server.post('/probes').send({ title: 'Merlin', thrust: 981 });
  return { id: String(body.id), path: `/probes/${body.id}`, body };
}

/** The member's changes, oldest first. */
async function historyOf(path: string): Promise<Document[]> {
  const { body, status } = await api.get(`${path}/history?limit=200`);
  expect(status).toBe(200);
  return body.toReversed();
}

/** What the changes make of nothing; null where they end in a removal. */
const replayed = (changes: readonly Document[]): unknown =>
  changes.reduce<unknown>((state, { patch }) => jsonPatch.applyPatch(state, patch).newDocument, null);

describe('a change', () => {
  test('each write leaves an entry: what changed, when, and who asked', async () => {
    const { path, id, body } = await created();
    await api.patch(path).set('X-Request-Id', 'request-7').send({ thrust: 990 });
    await api.put(path).send({ title: 'Merlin 1D', lastFired: '2026-05-01T00:00:00Z' });
    await api.patch(path).type(JSON_PATCH).send('[{"op":"replace","path":"/thrust","value":1}]');
    const last = (await api.get(path)).body;
    await api.delete(path);
    const history = await historyOf(path);
    expect(history.map(({ kind }) => kind)).toEqual(['create', 'change', 'change', 'change', 'remove']);
    expect(history[0]?.['patch']).toEqual([{ op: 'add', path: '', value: body }]);
    expect(history[1]).toEqual({
      at: expect.any(String),
      kind: 'change',
      caller: expect.stringMatching(/127\.0\.0\.1$/),
      requestId: 'request-7',
      patch: expect.arrayContaining([{ op: 'replace', path: '/thrust', value: 990 }]),
    });
    expect(replayed(history.slice(0, -1))).toEqual(last);
    expect(replayed(history)).toBe(null);
    expect(await entries.countDocuments({ of: new ObjectId(id), pending: { $exists: true } })).toBe(0);
  });

  test('a write that fails leaves none', async () => {
    const { path, id } = await created();
    const failures = [
      await api.patch(path).send({ thrust: -1 }),
      await api.patch(path).set('If-Match', '"other"').send({ thrust: 5 }),
      await api.delete(path).set('If-Match', '"other"'),
      await api.patch(path).type(JSON_PATCH).send('[{"op":"test","path":"/thrust","value":1}]'),
      await api.delete(`/probes/${NOBODY}`),
    ];
    expect(failures.map(({ status }) => status)).toEqual([422, 412, 412, 409, 404]);
    await probes.insertOne({ _id: new ObjectId(NOBODY), title: '', thrust: 1 }, { bypassDocumentValidation: true });
    expect((await api.patch(`/probes/${NOBODY}`).send({ thrust: 2 })).status).toBe(422);
    expect((await historyOf(path)).length).toBe(1);
    await relaysEnded();
    expect(await entries.countDocuments({ of: new ObjectId(id) })).toBe(1);
  });

  test('of many writes at once each has its entry, in the order in which they were made', async () => {
    const { path } = await created();
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, place) =>
        api.patch(path).send(place % 2 ? { thrust: place } : { title: `M${place}` }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 200));
    const history = await historyOf(path);
    expect(history.length).toBe(7);
    expect(replayed(history)).toEqual((await api.get(path)).body);
  });

  test('the member can be seen as it was at any time', async () => {
    const states = fc.array(fc.record({ thrust: fc.nat(9), title: fc.constantFrom('A', 'B') }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(states, async (changes) => {
        const { path, body } = await created();
        const seen = [body];
        for (const change of changes) {
          const { body: after } = await api.patch(path).send(change);
          if (after.updatedAt !== seen.at(-1).updatedAt) seen.push(after); // else nothing was changed
        }
        await api.delete(path);
        const history = await historyOf(path);
        const before = new Date(Date.parse(String(history[0]?.['at'])) - 1).toISOString();
        expect((await api.get(`${path}?at=${before}`)).status).toBe(404);
        for (const [place, state] of seen.entries()) {
          const at = String(history[place]?.['at']);
          expect((await api.get(`${path}?at=${at}`)).body).toEqual(state);
        }
        expect((await api.get(`${path}?at=${new Date(Date.now() + 60_000).toISOString()}`)).status).toBe(404);
      }),
      { numRuns: 4 },
    );
  });

  test('a removed member can be restored as it was, under its id', async () => {
    const { path, body } = await created();
    expect((await api.post(`${path}/restore`)).status).toBe(409);
    await api.delete(path);
    const restored = await api.post(`${path}/restore`);
    expect([restored.status, restored.body]).toEqual([200, { ...body, updatedAt: expect.any(String) }]);
    const read = await api.get(path);
    expect([read.body, read.headers['etag']]).toEqual([restored.body, restored.headers['etag']]);
    expect((await historyOf(path)).map(({ kind }) => kind)).toEqual(['create', 'remove', 'restore']);
    await api.delete(path);
    const both = await Promise.all([api.post(`${path}/restore`), api.post(`${path}/restore`)]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 409]));
    expect((await api.post(`/probes/${NOBODY}/restore`)).status).toBe(404);
  });

  const writes: Record<string, (victim: typeof api, path: string) => PromiseLike<unknown>> = {
    create: (victim) => victim.post('/probes').send({ title: 'Raptor' }),
    change: (victim, path) => victim.patch(path).send({ thrust: 5 }),
    remove: (victim, path) => victim.delete(path),
    restore: (victim, path) => victim.post(`${path}/restore`),
  };

  test.each(Object.keys(writes))(
    '%s: killed at any write, its entry is there if the change is, and only then',
    async (name) => {
      for (let write = 1, died = true; died; write += 1) {
        await clear();
        const { path } = await created();
        if (name === 'restore') await api.delete(path);
        const { client, isDead } = await mortalClient(uri, write);
        const connection = mongoose.createConnection().setClient(client);
        const victim = supertest(await serve(connection));
        await writes[name]?.(victim, path);
        died = isDead();
        // Ends the transaction that it has left open, as the api would after a minute.
        await client.removeAllListeners().close();
        await expectAgreement();
      }
    },
  );
});

/** The history of every member that anything is known of makes it what it is. */
async function expectAgreement(): Promise<void> {
  const members = await probes.distinct('_id');
  const known = new Set([...members, ...(await entries.distinct('of'))].map(String));
  for (const id of known) {
    const [member, history] = [await api.get(`/probes/${id}`), await api.get(`/probes/${id}/history`)];
    const changes: Document[] = history.status === 404 ? [] : history.body.toReversed();
    expect(replayed(changes)).toEqual(member.status === 404 ? null : member.body);
  }
}

describe('the history', () => {
  test('comes in pages, the newest first, and outlives the member', async () => {
    const { path } = await created();
    for (const thrust of [1, 2, 3]) await api.patch(path).send({ thrust });
    await api.delete(path);
    const first = await api.get(`${path}/history?limit=2`);
    expect(first.body.map(({ kind }: Document) => kind)).toEqual(['remove', 'change']);
    const { next = '' } = links(first.headers['link']);
    const second = await api.get(next);
    expect(second.body.length).toBe(2);
    const { prev = '', next: last = '' } = links(second.headers['link']);
    expect((await api.get(prev)).body).toEqual(first.body);
    const third = await api.get(last);
    expect([third.body.length, links(third.headers['link'])['next']]).toEqual([1, undefined]);
    const another = await created();
    expect((await api.get(next.replace(path, another.path))).status).toBe(400);
  });

  test('of a member that was stored by other means is empty, and of none there is nothing', async () => {
    await probes.insertOne({ _id: new ObjectId(NOBODY), title: 'Merlin', createdAt: new Date('2026-05-01') });
    expect((await api.get(`/probes/${NOBODY}/history`)).body).toEqual([]);
    expect((await api.get(`/probes/${NOBODY}?at=2026-05-02T00:00:00Z`)).body).toMatchObject({ title: 'Merlin' });
    expect((await api.get(`/probes/${NOBODY}?at=2026-04-30T00:00:00Z`)).status).toBe(404);
    expect((await api.get(`/probes/${'f'.repeat(24)}/history`)).status).toBe(404);
  });

  test('knows what others changed in between, by the state before the next change', async () => {
    const { path } = await created();
    await probes.updateOne({}, { $set: { thrust: 77 } });
    const { body } = await api.patch(path).send({ title: 'Raptor' });
    const before = new Date(Date.parse(body.updatedAt) - 1).toISOString();
    expect((await api.get(`${path}?at=${before}`)).body).toMatchObject({ title: 'Merlin', thrust: 77 });
  });

  test('ends after the days of the settings, by an index of the database', async () => {
    const short = supertest(
      await serve(await anotherConnection(), { settings: { history: { enabled: true, days: 2 } } }),
    );
    const { path, id } = await created(short);
    await relaysEnded();
    const [entry] = await entries.find({ of: new ObjectId(id) }).toArray();
    expect(Number(entry?.['expiresAt']) - Number(entry?.['at'])).toBeGreaterThan(2 * 86_400_000 - 1000);
    const answer = await short.get(`${path}?at=${new Date(Date.now() - 3 * 86_400_000).toISOString()}`);
    expect([answer.status, answer.body.errors]).toEqual([410, [expect.objectContaining({ parameter: 'at' })]]);
    const indexes = await entries.indexes();
    expect(indexes).toContainEqual(expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }));
    expect(historyDefinition('probes').indexes.length).toBe(indexes.length - 1);
  });

  test('is off where the settings say so: no entries, and nothing that asks for them', async () => {
    const off = supertest(
      await serve(await anotherConnection(), { settings: { history: { enabled: false, days: 2 } } }),
    );
    const { path, id } = await created(off);
    await off.patch(path).send({ thrust: 4 });
    expect(await entries.countDocuments({ of: new ObjectId(id) })).toBe(0);
    const answers = [
      await off.get(`${path}/history`),
      await off.post(`${path}/restore`),
      await off.get(`${path}?at=2026-05-01T00:00:00Z`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 400]);
  });
});
