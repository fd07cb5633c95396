import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Decimal128, Long, ObjectId, type ClientSession, type Document } from 'mongodb';
import mongoose from 'mongoose';
import supertest from 'supertest';
import { fixtureServer, serve } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { relaysEnded } from '../history/relay.ts';
import { inPresentState } from './present-state.ts';

const { url, uri, db, probes, connection } = await fixtureServer();
// Somebody has stored what the validator would refuse.
await db.command({ collMod: 'probes', validationLevel: 'off' });
const another = async () => {
  const connection = await mongoose.createConnection(uri, { autoCreate: false, autoIndex: false }).asPromise();
  atEnd(() => connection.close());
  return connection;
};
const off = { settings: { history: { enabled: false, days: 9 } } };
const withHistory = ['a server with a history', supertest(url)] as const;
const withoutHistory = ['a server without history', supertest(await serve(await another(), off))] as const;

const _id = new ObjectId('65a1b2c3d4e5f60718293a4b');
const path = `/probes/${_id.toHexString()}`;
const at = new Date('2026-05-01T00:00:00Z');
const plain = { _id, title: 'Voyager', createdAt: at, updatedAt: at };
const JSON_PATCH = 'application/json-patch+json';
const RENAMING = '[{"op":"replace","path":"/title","value":"b"}]';

beforeEach(async () => {
  await relaysEnded();
  await probes.deleteMany({});
  await db.collection('probes.history').deleteMany({});
});

const withNaN: [string, Document][] = [
  ['a field that is shown', { drift: NaN }],
  ['a field that nobody sees', { hidden: NaN }],
  ['an object', { size: { radius: NaN, height: 2 }, mass: NaN }],
  ['an array', { hidden: [1, NaN, { deep: [NaN] }] }],
  ['a decimal', { hidden: Decimal128.fromString('NaN'), other: { of: Long.MAX_VALUE } }],
];

describe.each([withHistory, withoutHistory])('on %s, a document with NaN', (_server, api) => {
  test.each(withNaN)(
    'in %s can be read, changed and removed, in the state that a client names too',
    async (_where, fields) => {
      const writes = [
        () => api.patch(path).send({ thrust: 5 }),
        () => api.patch(path).type(JSON_PATCH).send(RENAMING),
        () => api.put(path).send({ title: 'b', drift: 1, mass: 2, size: { radius: 1 } }),
        () => api.delete(path),
      ];
      for (const [place, write] of writes.entries())
        for (const names of [false, true]) {
          // A JSON Patch is judged by the whole member, which has null for a number.
          if (place === 1 && ('drift' in fields || 'mass' in fields)) continue;
          await probes.replaceOne({ _id }, { ...plain, ...fields }, { upsert: true });
          const { headers } = await api.get(path).expect(200);
          expect((await write().set('if-match', '"other"')).status).toBe(412);
          const { status } = await (names ? write().set('if-match', headers['etag'] ?? '') : write());
          expect([place, names, status]).toEqual([place, names, place === 3 ? 204 : 200]);
          expect(await probes.countDocuments({ title: 'Voyager', thrust: { $ne: 5 } })).toBe(0);
        }
    },
  );
});

describe('the filter of an unchanged document', () => {
  test.each([...withNaN, ['none of all', { a: 1, b: { c: [1] } }] as [string, Document]])(
    'with NaN in %s finds it, until a field of it has changed, come or gone',
    async (_where, fields) => {
      const stored = { ...plain, ...fields };
      const changes: Document[] = [
        { $set: { title: 'b' } },
        { $set: { another: 1 } },
        { $unset: { title: true } },
        ...Object.keys(fields).flatMap((name) => [
          { $unset: { [name]: true } },
          { $set: { [name]: 1.5 } },
          { $set: { [name]: null } },
          { $set: { [name]: [fields[name]] } },
        ]),
      ];
      for (const change of changes) {
        await probes.replaceOne({ _id }, stored, { upsert: true });
        const filter = inPresentState(Object(await probes.findOne({ _id })));
        expect(await probes.countDocuments(filter)).toBe(1);
        await probes.updateOne({ _id }, change);
        expect([change, await probes.countDocuments(filter)]).toEqual([change, 0]);
      }
    },
  );
});

describe('what is in the way of a write has words of its own:', () => {
  async function whileHeld(work: () => Promise<void>, hold: (session: ClientSession) => Promise<unknown>) {
    const session = connection.getClient().startSession();
    session.startTransaction();
    try {
      await hold(session);
      await work();
    } finally {
      await session.abortTransaction();
      await session.endSession();
    }
  }
  const HELD = { status: 503, retry: '1', detail: expect.stringContaining('another transaction') };
  const refusal = ({ status, headers, body: { detail } }: supertest.Response) => ({
    status,
    retry: headers['retry-after'],
    detail,
  });

  test.each([withHistory, withoutHistory])(
    'on %s, a transaction in a shell that has written the member',
    async (_server, api) => {
      await probes.insertOne({ ...plain });
      const { headers } = await api.get(path);
      await whileHeld(
        async () => {
          for (const write of [
            api.patch(path).send({ thrust: 5 }),
            api.patch(path).type(JSON_PATCH).send(RENAMING),
            api
              .put(path)
              .set('if-match', headers['etag'] ?? '')
              .send({ title: 'b' }),
            api.delete(path),
          ])
            expect(refusal(await write)).toEqual(HELD);
        },
        (session) => probes.updateOne({ _id }, { $set: { title: 'c' } }, { session }),
      );
      expect(await probes.findOne({ _id })).toEqual(plain);
      await api.patch(path).send({ thrust: 5 }).expect(200);
    },
  );

  // Not a POST: SecantusDB 0.7.0b3 waits, whatever maxTimeMS an insert has.
  test('a transaction that has written a value that must be unique', async () => {
    const [, api] = withHistory;
    await probes.insertOne({ ...plain });
    const send = () => api.patch(path).send({ serial: 'VG-2' });
    await whileHeld(
      async () => expect(refusal(await send())).toEqual(HELD),
      (session) => probes.insertOne({ ...plain, _id: new ObjectId(), serial: 'VG-2' }, { session }),
    );
    await send().expect(200);
  });

  test('a document that does not equal itself', async () => {
    await probes.insertOne({ ...plain });
    const { collection } = connection.models['Probe'] ?? {};
    if (!collection) throw new Error('there is no model');
    const result = { acknowledged: true, matchedCount: 0, modifiedCount: 0, upsertedCount: 0, upsertedId: null };
    const matchNothing = jest.spyOn(collection, 'updateOne').mockResolvedValue(result);
    const { status, body } = await withHistory[1].patch(path).type(JSON_PATCH).send(RENAMING);
    matchNothing.mockRestore();
    expect([status, body.detail]).toEqual([500, expect.stringContaining('does not find equal to itself')]);
  });
});
