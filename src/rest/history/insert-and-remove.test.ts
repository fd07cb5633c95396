import { beforeEach, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { MongoClient, ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { fixtureServer, serve } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { probeModel } from '../../testing/fixtures.ts';
import { tapTo } from '../../testing/tap.ts';
import { describeResource } from '../resource-description.ts';
import type { Entry } from './entries.ts';
import { insertAndRemove } from './insert-and-remove.ts';
import { relaysEnded } from './relay.ts';

const { url, uri, db, probes, connection, settings } = await fixtureServer();
const entries = db.collection<Entry>('probes.history');
const resource = describeResource(probeModel(connection), '/probes', settings);

beforeEach(async () => {
  await relaysEnded();
  await probes.deleteMany({});
  await entries.deleteMany({});
});

/** A member, and an entry about its removal. */
async function removable() {
  const { body } = await supertest(url).post('/probes').send({ title: 'Merlin' });
  await relaysEnded();
  const of = new ObjectId(String(body.id));
  const entry: Entry = {
    _id: new ObjectId(),
    of,
    at: new Date(),
    kind: 'remove',
    caller: '192.0.2.1',
    requestId: '',
    patch: [{ op: 'remove', path: '' }],
    before: {},
    expiresAt: new Date(Date.now() + 86_400_000),
    pending: true,
  };
  return { of, entry };
}

const LIMIT = { maxTimeMS: 1000 };

describe('by one command', () => {
  test('the entry is inserted and the member removed', async () => {
    const { of, entry } = await removable();
    expect(await insertAndRemove(resource, entry, { _id: of }, LIMIT)).toBe(true);
    expect([await probes.countDocuments(), await entries.countDocuments({ _id: entry._id })]).toEqual([0, 1]);
  });

  test('nothing is removed that the filter does not match', async () => {
    const { of, entry } = await removable();
    expect(await insertAndRemove(resource, entry, { _id: of, title: 'Raptor' }, LIMIT)).toBe(false);
    expect(await probes.countDocuments()).toBe(1);
  });

  test('nothing is removed if another change of the member has the time', async () => {
    const { of, entry } = await removable();
    await entries.insertOne({ ...entry, _id: new ObjectId() });
    expect(await insertAndRemove(resource, entry, { _id: of }, LIMIT)).toBe('tied');
    expect(await probes.countDocuments()).toBe(1);
  });
});

/** The API on a server that answers the command so. */
async function answering(answer: Document) {
  const tap = await tapTo(uri, (command) => ('bulkWrite' in command ? answer : undefined));
  const client = await MongoClient.connect(tap.uri);
  atEnd(() => client.close());
  const api = supertest(await serve(mongoose.createConnection().setClient(client)));
  return { api, tap };
}

test('a server that lacks the command is asked once, and gets two commands for each removal', async () => {
  const { api, tap } = await answering({ ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: 'no such command' });
  for (const title of ['Merlin', 'Raptor']) {
    const { headers } = await api.post('/probes').send({ title });
    const path = String(headers['location']);
    await relaysEnded();
    expect((await api.delete(path)).status).toBe(204);
    expect((await api.get(`${path}/history`)).body.map(({ kind }: Document) => kind)).toEqual(['remove', 'create']);
  }
  expect(tap.commands.filter((command) => 'bulkWrite' in command)).toHaveLength(1);
});

test.each([
  ['of one of its writes', { ok: 1, nErrors: 1, first: [{ ok: 0, idx: 1, code: 112, errmsg: 'conflict' }] }, 503],
  ['of the whole', { ok: 0, code: 91, errmsg: 'shutting down' }, 503],
  ['that is nobody’s to repeat', { ok: 0, code: 2, errmsg: 'bad value' }, 500],
])('an error %s is the error of the removal', async (_what, { first, ...answer }: Document, status) => {
  const counts = { nInserted: 1, nUpserted: 0, nMatched: 0, nModified: 0, nDeleted: 0 };
  const cursor = { id: 0n, ns: 'admin.$cmd.bulkWrite', firstBatch: first };
  const { api } = await answering({ ...answer, ...(first && { ...counts, cursor }) });
  const { headers } = await api.post('/probes').send({ title: 'Merlin' });
  const path = String(headers['location']);
  await relaysEnded();
  expect((await api.delete(path)).status).toBe(status);
  expect((await supertest(url).get(path)).status).toBe(200);
  expect((await supertest(url).get(`${path}/history`)).body).toHaveLength(1);
});
