import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import mongoose from 'mongoose';
import { MongoServerError, ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { serve, fixtureServer } from '../../testing.ts';
import { DOCUMENT_TOO_LARGE } from '../../error-code.ts';
import { probeModel } from '../../testing/fixtures.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { relaysEnded } from './relay.ts';

const { url, probes, db, uri } = await fixtureServer();
const api = supertest(url);
const entries = db.collection('probes.history');

beforeEach(async () => {
  await relaysEnded();
  await probes.deleteMany({});
  await entries.deleteMany({});
});

async function kindsOf(path: string) {
  const { status, body } = await api.get(`${path}/history`);
  expect([status, body.detail]).toEqual([200, undefined]);
  return body.map(({ kind }: Document) => kind).toReversed();
}

/** A member whose history has its creation. */
async function created() {
  const { headers } = await api.post('/probes').send({ title: 'Merlin' });
  await relaysEnded();
  const path = String(headers['location']);
  const _id = new ObjectId(path.slice(-24));
  return { path, _id, before: (await probes.findOne({ _id })) ?? {} };
}

test('killed at any write, a change of a document that is too large leaves its entry exactly if it took place', async () => {
  for (let write = 1, died = true; died; write += 1) {
    const { path } = await created();
    const { client, isDead } = await mortalClient(uri, write);
    const connection = mongoose.createConnection().setClient(client);
    const tooLarge = new MongoServerError({ code: DOCUMENT_TOO_LARGE, message: 'too large' });
    jest.spyOn(probeModel(connection).collection, 'findOneAndUpdate').mockRejectedValue(tooLarge);
    await supertest(await serve(connection))
      .patch(path)
      .send({ thrust: 77 });
    if (!isDead()) await relaysEnded();
    died = isDead();
    await client.removeAllListeners().close();
    const { thrust } = (await api.get(path)).body;
    expect(died || thrust === 77).toBe(true);
    expect(await kindsOf(path)).toEqual(thrust === 77 ? ['create', 'change'] : ['create']);
  }
});

describe('of removals that were announced of one state', () => {
  /** A removal that a process has announced before it ended. */
  const announced = (of: ObjectId, ms: number, before: Document) => ({
    _id: new ObjectId(),
    of,
    at: new Date(Number(before['updatedAt']) + ms),
    kind: 'remove',
    caller: '192.0.2.1',
    requestId: '',
    patch: [{ op: 'remove', path: '' }],
    before,
    expiresAt: new Date(Date.now() + 86_400_000),
    pending: true,
  });
  const settledKinds = async (of: ObjectId) =>
    (await entries.find({ of, pending: { $exists: false } }, { sort: { at: 1 } }).toArray()).map(({ kind }) => kind);

  test('one was made, whoever asks first', async () => {
    const { path, _id, before } = await created();
    await probes.deleteOne({ _id });
    await entries.insertMany([1, 2, 3].map((ms) => announced(_id, ms, before)));
    const histories = await Promise.all([kindsOf(path), kindsOf(path), kindsOf(path), kindsOf(path)]);
    for (const one of [...histories, await settledKinds(_id)]) expect(one).toEqual(['create', 'remove']);
    expect((await api.post(`${path}/restore`)).body.title).toBe('Merlin');
    expect(await kindsOf(path)).toEqual(['create', 'remove', 'restore']);
  });

  test('none was made while the member is there, and the next removal counts alone', async () => {
    const { path, _id, before } = await created();
    await entries.insertOne(announced(_id, 1, before));
    expect(await kindsOf(path)).toEqual(['create']);
    expect((await api.get(`${path}?at=${new Date().toISOString()}`)).status).toBe(200);
    await api.delete(path);
    await relaysEnded();
    expect(await kindsOf(path)).toEqual(['create', 'remove']);
    await api.post(`${path}/restore`);
    await api.delete(path);
    expect(await kindsOf(path)).toEqual(['create', 'remove', 'restore', 'remove']);
  });
});
