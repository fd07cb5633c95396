import { subscribe } from 'node:diagnostics_channel';
import { describe, expect, jest, test } from '@jest/globals';
import { MongoServerError, ObjectId, type Document } from 'mongodb';
import type { Connection } from 'mongoose';
import supertest from 'supertest';
import { createKey } from '../access/index.ts';
import { COMMAND_NOT_FOUND, DOCUMENT_TOO_LARGE } from '../error-code.ts';
import { collectionDefinitions } from '../models.ts';
import { fixtureServer, serve } from '../testing.ts';
import { readDescription } from '../testing/description.ts';
import { openEvents } from '../testing/event-source.ts';
import { FIXTURES, probeModel } from '../testing/fixtures.ts';
import { HISTORY_REQUESTS, KINDS, requestsOf } from '../testing/requests-of-all-kinds.ts';
import { watchedConnection } from '../testing/sent-commands.ts';
import { standalone } from '../testing/standalone.ts';
import { untargeted } from '../testing/untargeted.ts';
import { moveLeftEntries, relaysEnded } from './history/relay.ts';
import { describeResource } from './resource-description.ts';
import { MOST_CARRIED, OUTBOX } from './writes/outbox.ts';

const { uri, db, probes, connection, settings } = await fixtureServer();
const definitions = collectionDefinitions(connection, FIXTURES);
const entries = db.collection('probes.history');
const { key } = await createKey(connection, { name: 'admin', role: 'admin' });

/** The operations that were asked for: `GET /probes/{id}`. */
const asked = new Set<string>();
subscribe('http.server.request.start', (message) => {
  const { method, url }: { method: string; url: string } = Object(message).request;
  const path = url.replace(/\?.*/, '').replace(/[0-9a-f]{24}/, '{id}');
  asked.add(`${method} ${path.replace(/^\/keys\/[^/]+/, '/keys/{keyId}')}`);
});

/** A server whose commands are kept, and a client of it that says who it is. */
async function server(make: (own: Connection) => Connection = (own) => own, hasHistory = true) {
  const { connection: own, sent } = await watchedConnection(uri, () => true);
  const url = await serve(make(own), { settings: { history: { enabled: hasHistory, days: 9 } } });
  return { api: supertest.agent(url).set('Authorization', `Bearer ${key}`), sent, own, url, hasHistory };
}

const withoutBulkWrite = (own: Connection) => {
  const unknown = new MongoServerError({ code: COMMAND_NOT_FOUND, message: 'no such command' });
  jest.spyOn(own.getClient(), 'bulkWrite').mockRejectedValue(unknown);
  return own;
};

const whole = await server();
const servers = {
  'a server': whole,
  'a standalone server': await server(standalone),
  'a server older than MongoDB 8.0': await server(withoutBulkWrite),
  'a server without history': await server(undefined, false),
};
type Server = typeof whole;
type Kind = (typeof KINDS)[number];

/** A new member, created by a server. */
async function created({ api }: Server, { path, least, number }: Kind = KINDS[0]) {
  const { headers, status } = await api.post(path).send({ ...least, [number]: 1 });
  expect(status).toBe(201);
  const at = String(headers['location']);
  return { at, of: new ObjectId(at.slice(-24)), tag: String(headers['etag']) };
}

/** What a cluster could not send to the shards alone that have the members which a request is about. */
async function untargetedIn({ sent }: Server, request: () => PromiseLike<unknown>): Promise<string[]> {
  await relaysEnded();
  sent.length = 0;
  await request();
  await relaysEnded();
  return sent.length === 0 ? ['nothing was sent'] : untargeted(sent, definitions);
}

describe.each(Object.entries(servers))('on %s', (_name, server) => {
  test.each(KINDS)('each request about members of $path goes to their shards alone', async (kind) => {
    const requests = Object.entries({ ...requestsOf(kind), ...(server.hasHistory && HISTORY_REQUESTS) });
    const members = await Promise.all(requests.map(async () => created(server, kind)));
    await relaysEnded();
    const found: Record<string, unknown> = {};
    for (const [place, [name, send]] of requests.entries()) {
      const { at, tag } = members[place] ?? (await created(server, kind));
      // Every other one carries an entry, which the relay moves meanwhile.
      const { headers } =
        place % 2 === 0 ? await server.api.get(at) : await server.api.patch(at).send({ [kind.number]: 2 });
      server.sent.length = 0;
      const { status } = await send(server.api, at, headers['etag'] ?? tag);
      const parts = server.sent.length === 0 ? 'nothing was sent' : untargeted(server.sent, definitions);
      if (parts.length > 0 || (status >= 400 && status !== 422)) found[name] = { status, parts };
    }
    await relaysEnded();
    expect([found, untargeted(server.sent, definitions)]).toEqual([{}, []]);
  });
});

describe('what an earlier process has left is found on the shards of its members alone:', () => {
  /** An entry that was announced, or has a time in the future. */
  const entry = (of: ObjectId, kind: string, more: Document) => ({
    _id: new ObjectId(),
    of,
    at: new Date(Date.now() + 1),
    kind,
    caller: '192.0.2.1',
    requestId: '',
    patch: [{ op: 'remove', path: '' }],
    before: { _id: of, title: 'Voyager' },
    expiresAt: new Date(Date.now() + 86_400_000),
    ...more,
  });
  const { api } = whole;
  const probe = probeModel(whole.own).collection;

  test.each<[string, (at: string, of: ObjectId, tag: string) => Promise<unknown>]>([
    [
      'a removal that was announced and made',
      async (at, of) => {
        await probes.deleteOne({ _id: of });
        await entries.insertOne(entry(of, 'remove', { pending: true }));
        await api.get(`${at}/history`).expect(200);
      },
    ],
    [
      'an entry with a time in the future',
      async (at, of) => {
        await entries.insertOne(entry(of, 'change', { at: new Date(Date.now() + 7_200_000) }));
        await api.get(`${at}/history`).expect(200);
      },
    ],
    [
      'as many entries as a document carries',
      async (at, of, tag) => {
        const carried = Array.from({ length: MOST_CARRIED }, () => entry(of, 'change', {}));
        await probes.updateOne(
          { _id: of },
          { $set: { [OUTBOX]: carried.map(({ of: _of, patch: _patch, ...rest }) => rest) } },
        );
        await api.patch(at).set('If-Match', tag).send({ mass: 2 }).expect(200);
      },
    ],
    [
      'a document that is too large to carry one',
      async (at) => {
        const tooLarge = new MongoServerError({ code: DOCUMENT_TOO_LARGE, message: 'too large' });
        jest.spyOn(probe, 'findOneAndUpdate').mockRejectedValueOnce(tooLarge);
        await api.patch(at).send({ mass: 3 }).expect(200);
      },
    ],
    [
      'a removal that was announced and not made',
      async (at) => {
        jest.spyOn(whole.own.getClient(), 'bulkWrite').mockResolvedValueOnce(Object({ deletedCount: 0 }));
        await api.delete(at).expect(204);
      },
    ],
    [
      'a request that was done and not answered',
      async (at, of) => {
        const send = () => api.patch(at).set('Idempotency-Key', of.toHexString()).send({ mass: 4 });
        await send().expect(200);
        await relaysEnded();
        const [later, earlier] = [20_000, 30_000].map((ms) => new Date(Date.now() - ms));
        const died = [{ $set: { startedAt: later, memberAt: earlier } }, { $unset: 'answer' }];
        await db.collection('idempotencyKeys').updateMany({}, died);
        await send().expect(200);
      },
    ],
    [
      'a member that others have restored meanwhile',
      async (at, of) => {
        await api.delete(at).expect(204);
        await relaysEnded();
        await entries.insertOne(entry(of, 'restore', { at: new Date(Date.now() + 1000), pending: true }));
        await api.post(`${at}/restore`); // in vain, as long as that entry is there
      },
    ],
  ])('%s', async (_what, send) => {
    const { at, of, tag } = await created(whole);
    expect(await untargetedIn(whole, async () => send(at, of, tag))).toEqual([]);
  });
});

describe('to all shards goes what any of them may have:', () => {
  const { api, url } = whole;
  const resource = describeResource(probeModel(whole.own), '/probes', settings);
  const NDJSON = 'application/x-ndjson';

  test.each<[what: string, parts: string[], send: () => PromiseLike<unknown>]>([
    ['a page', ['find probes'], () => api.get('/probes?sort=-thrust').expect(200)],
    ['a search', ['find probes'], () => api.get('/probes?q=voyager').expect(200)],
    ['an export', ['find probes'], () => api.get('/probes').set('Accept', NDJSON).expect(200)],
    ['statistics', ['aggregate probes'], () => api.get('/probes/statistics?of=thrust').expect(200)],
    ['a count', ['aggregate probes', 'find probes'], () => api.get('/probes').set('Prefer', 'count=exact').expect(200)],
    [
      'an estimate',
      ['count probes', 'find probes'],
      () => api.get('/probes').set('Prefer', 'count=estimated').expect(200),
    ],
    [
      'what documents carry at the start',
      ['find probes'],
      () => moveLeftEntries(resource, new AbortController().signal),
    ],
    [
      'events',
      ['aggregate probes'],
      async () => {
        const source = await openEvents(`${url}/probes/events`, undefined, { Authorization: `Bearer ${key}` });
        await source.when(() => source.lastEventId() !== '');
        source.close();
      },
    ],
  ])('%s', async (_what, parts, send) => {
    await created(whole);
    expect(await untargetedIn(whole, send)).toEqual(parts);
  });
});

test('requests about no members use collections that are on one shard', async () => {
  const { api } = whole;
  const used = await untargetedIn(whole, async () => {
    for (const path of ['/health', '/health/ready', '/keys', '/openapi.json', '/']) await api.get(path).expect(200);
    for (const path of ['/caller', '/migrations', '/backfills', '/backups/last', '/server'])
      await api.get(path).expect(200);
    await api.patch('/backfills/control').send({ paused: false }).expect(200);
    await api.get('/backfills/control').expect(200);
    const { body } = await api.post('/keys').send({ name: 'reader', role: 'reader' }).expect(201);
    await api.post(`/keys/${body.id}/rotation`).expect(201);
    await api.delete(`/keys/${body.id}`).expect(204);
  });
  expect(used).toEqual([]);
});

test('no operation of the API was left out above', async () => {
  const { operations } = await readDescription(whole.url);
  // Each resource has the same ones.
  const wanted = new Set(operations.map(({ method, path }) => `${method} ${path.replace('/relays', '/probes')}`));
  expect([...wanted].filter((one) => !asked.has(one))).toEqual([]);
});
