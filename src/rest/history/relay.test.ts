import { beforeEach, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { serve, fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { FIXTURES, probeModel } from '../../testing/fixtures.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { tapTo } from '../../testing/tap.ts';
import { until } from '../../testing/until.ts';
import { openEvents } from '../../testing/event-source.ts';
import { loadSettings } from '../../config.ts';
import { connect } from '../../database/connect.ts';
import { describeResource } from '../resource-description.ts';
import { carryingProbe } from '../../testing/carrying.ts';
import { OUTBOX } from '../writes/outbox.ts';
import { moveLeftEntries, relaysEnded } from './relay.ts';

const { url, probes, db, uri, connection } = await fixtureServer();
const api = supertest(url);
const entries = db.collection('probes.history');
const JSON_PATCH = 'application/json-patch+json';
const another = async () => {
  const own = await mongoose.createConnection(uri, { autoCreate: false, autoIndex: false }).asPromise();
  atEnd(() => own.close());
  return own;
};

beforeEach(async () => {
  await relaysEnded();
  await probes.deleteMany({});
  await entries.deleteMany({});
});

const historyOf = async (path: string): Promise<Document[]> => (await api.get(`${path}/history?limit=200`)).body;
const kindsOf = async (path: string) => (await historyOf(path)).map(({ kind }) => kind).toReversed();

describe('an entry', () => {
  test('a change is moved to the history, and the member is as it was: tag, timestamps, and no event', async () => {
    const source = await openEvents(`${url}/probes/events`);
    await source.when(() => source.lastEventId() !== '');
    const { headers } = await api.post('/probes').send({ title: 'Merlin' });
    const path = String(headers['location']);
    const changed = await api.patch(path).send({ thrust: 990 });
    await relaysEnded();
    const of = new ObjectId(path.slice(-24));
    expect(await entries.countDocuments({ of, pending: { $exists: false } })).toBe(2);
    const after = await api.get(path);
    expect([after.body, after.headers['etag'], after.headers['last-modified']]).toEqual([
      changed.body,
      changed.headers['etag'],
      changed.headers['last-modified'],
    ]);
    await api.patch(path).send({ thrust: 991 });
    await source.when(() => source.events.some(({ data }) => data['thrust'] === 991));
    source.close();
    // The stream may begin with what was done just before.
    const events = source.events.filter(({ data }) => data['id'] === after.body.id);
    expect(events.map(({ event, data }) => [event, data['thrust']])).toEqual([
      ['created', 0],
      ['changed', 990],
      ['changed', 991],
    ]);
  });

  test.each(['POST', 'PATCH', 'PUT', 'JSON Patch', 'DELETE'])(
    'killed at any write, %s leaves its entry exactly if it took place, once',
    async (method) => {
      for (let write = 1, died = true; died; write += 1) {
        await probes.deleteMany({});
        await entries.deleteMany({});
        const { headers } = await api.post('/probes').send({ title: 'Raptor', thrust: 1 });
        // Still carried by the member, or in the history: both are left by real processes.
        if (write % 2) await relaysEnded();
        const path = String(headers['location']);
        const { client, isDead } = await mortalClient(uri, write);
        const own = mongoose.createConnection().setClient(client);
        const mortal = supertest(await serve(own));
        const send = {
          POST: () => mortal.post('/probes').send({ title: 'Merlin' }),
          PATCH: () => mortal.patch(path).send({ thrust: 990 }),
          PUT: () => mortal.put(path).send({ title: 'Raptor', thrust: 990 }),
          'JSON Patch': () =>
            mortal.patch(path).type(JSON_PATCH).send('[{"op":"replace","path":"/thrust","value":990}]'),
          DELETE: () => mortal.delete(path),
        }[method];
        await send?.();
        // What it moves after its answer is part of its life. Once dead, it has left open a transaction that others wait for.
        if (!isDead()) await relaysEnded();
        died = isDead();
        await client.removeAllListeners().close();
        const [other] = await probes.find({ title: 'Merlin' }).toArray();
        if (method === 'POST') {
          if (other) expect(await kindsOf(`/probes/${String(other._id)}`)).toEqual(['create']);
        } else {
          const { status, body } = await api.get(path);
          const took = method === 'DELETE' ? status === 404 : body.thrust === 990;
          const end = method === 'DELETE' ? 'remove' : 'change';
          expect(await kindsOf(path)).toEqual(took ? ['create', end] : ['create']);
        }
      }
    },
  );
});

test('a document that is too large to carry its former state is changed with its entry', async () => {
  const { path, _id } = await carryingProbe(probes, 2);
  await db.command({ collMod: 'probes', validationLevel: 'off' });
  await probes.updateOne({ _id }, { $set: { hidden: 'x'.repeat(9 * 2 ** 20) } });
  expect((await api.patch(path).send({ thrust: 77 })).status).toBe(200);
  expect((await api.patch(path).type(JSON_PATCH).send('[{"op":"replace","path":"/thrust","value":78}]')).status).toBe(
    200,
  );
  expect(await kindsOf(path)).toEqual(['create', 'change', 'change', 'change']);
  await db.command({ collMod: 'probes', validationLevel: 'strict' });
});

test('what documents of a model without timestamps carry is moved, up to the mark of the last change', async () => {
  const { headers } = await api.post('/relays').send({ name: 'Goldstone' });
  const path = String(headers['location']);
  const relays = db.collection('relays');
  const marks = async () => (await relays.findOne({ _id: new ObjectId(path.slice(-24)) }))?.[OUTBOX];
  await relaysEnded();
  const [first] = await marks();
  for (const channel of [2, 1]) await api.patch(path).send({ channel });
  await relaysEnded();
  const [last, ...rest] = await marks();
  expect([Object.keys(last), rest]).toEqual([['_id', 'at'], []]);
  expect(last.at.getTime()).toBeGreaterThan(first.at.getTime());
  expect(await kindsOf(path)).toEqual(['create', 'change', 'change']);
});

test('any number of processes may move the same entries at once, and again', async () => {
  const { path, _id, carried } = await carryingProbe(probes, 4);
  const resource = async () => describeResource(probeModel(await another()), FIXTURES[0]?.path ?? '', loadSettings({}));
  const resources = await Promise.all([resource(), resource(), resource()]);
  const { signal } = new AbortController();
  await Promise.all(resources.map((one) => moveLeftEntries(one, signal)));
  expect(await entries.countDocuments({ of: _id })).toBe(4);
  expect(await probes.countDocuments({ [OUTBOX]: { $exists: true } })).toBe(0);
  // Killed before it could take them out of the document.
  await probes.updateOne({ _id }, { $set: { [OUTBOX]: carried } });
  expect(await kindsOf(path)).toEqual(['create', 'change', 'change', 'change']);
  expect(await entries.countDocuments({ of: _id })).toBe(4);
});

test('the mark of a request with a key, whose process ended before the answer was kept, is forgotten after a day', async () => {
  const { path, _id } = await carryingProbe(probes, 1);
  await kindsOf(path);
  await relaysEnded();
  const resource = describeResource(probeModel(connection), '/probes', loadSettings({}));
  const leftOf = async (ageMs: number) => {
    await probes.updateOne(
      { _id },
      { $set: { [OUTBOX]: [{ _id: new ObjectId(), at: new Date(Date.now() - ageMs) }] } },
    );
    await moveLeftEntries(resource, new AbortController().signal);
    return probes.countDocuments({ [OUTBOX]: { $exists: true } });
  };
  expect([await leftOf(80_000_000), await leftOf(90_000_000)]).toEqual([1, 0]);
  expect(await entries.countDocuments({ of: _id })).toBe(1);
});

test('two changes of one time are told apart, in their order', async () => {
  const { path, _id, carried } = await carryingProbe(probes, 2);
  await probes.updateOne({ _id }, { $set: { [`${OUTBOX}.1.at`]: carried[0]?.at } });
  expect(await kindsOf(path)).toEqual(['create', 'change']);
});

test.each<[string, Document]>([
  ['refuses for now', { ok: 0, code: 175, codeName: 'QueryPlanKilled', errmsg: '' }],
  [
    'does not acknowledge',
    { ok: 1, n: 1, writeConcernError: { code: 64, codeName: 'WriteConcernTimeout', errmsg: '' } },
  ],
])('an entry that the database %s stays in its document', async (_what, answer) => {
  let refusals = 0;
  const tap = await tapTo(uri, ({ insert, comment }) => {
    if (insert !== 'probes.history' || comment === undefined || refusals > 0) return undefined;
    refusals += 1;
    return answer;
  });
  const own = await connect(tap.uri, db.databaseName, true);
  atEnd(() => own.close(true));
  const tapped = supertest(await serve(own));
  const create = async () => String((await tapped.post('/probes').send({ title: 'Merlin' })).headers['location']);
  const path = await create();
  await until(() => refusals > 0);
  // It is moved behind the first one, by the same process.
  const second = await create();
  const carries = async (one: string) => {
    const member = await probes.findOne({ _id: new ObjectId(one.slice(-24)) });
    return member?.[OUTBOX] !== undefined;
  };
  await until(async () => !(await carries(second)));
  expect(await carries(path)).toBe(true);
  expect(await kindsOf(path)).toEqual(['create']);
});

test('an answer does not wait for the history, which may be away', async () => {
  const { headers } = await api.post('/probes').send({ title: 'Merlin' });
  await relaysEnded();
  await entries.drop();
  const { status } = await api.patch(String(headers['location'])).send({ thrust: 3 });
  expect(status).toBe(200);
  await connection.db?.createCollection('probes.history');
  await entries.createIndex({ of: 1, at: 1 }, { unique: true });
  expect(await kindsOf(String(headers['location']))).toEqual(['change']);
});
