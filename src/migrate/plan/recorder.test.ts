import { expect, test } from '@jest/globals';
import type { Db, MongoClient } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { everythingIn } from '../../testing/everything.ts';
import { readCatalog } from './catalog.ts';
import { recordingClient, type Recorded } from './recorder.ts';

const { connection, db } = await testDatabase();
await db.collection('log_1').insertMany([{ x: 1 }, { x: 2 }]);
await db.createCollection('view', { viewOn: 'log_1', pipeline: [] });

/** What a migration would write, with nothing written. */
async function recorded(step: (db: Db, client: MongoClient) => Promise<unknown>): Promise<Recorded[]> {
  const before = await everythingIn(db);
  const writes: Recorded[] = [];
  const note = (write: Recorded) => void writes.push(write);
  const { databaseName } = db;
  const client = recordingClient(connection.getClient(), databaseName, await readCatalog(db), note, async () => {});
  await step(client.db(), client);
  expect(await everythingIn(db)).toEqual(before);
  return writes;
}

test('a transaction is planned by its writes', async () => {
  const writes = await recorded(async (db, client) => {
    const session = client.startSession();
    try {
      await session.withTransaction(async () => {
        await db.collection('log_1').updateOne({ x: 1 }, { $set: { x: 3 } }, { session });
        await db.collection('log_1').insertOne({ x: 4 }, { session });
      });
      session.startTransaction();
      expect(await db.collection('log_1').countDocuments({}, { session })).toBe(2);
      await db.collection('log_1').deleteMany({}, { session });
      await session.commitTransaction();
    } finally {
      await session.endSession();
    }
  });
  expect(writes.map(({ operation, documents }) => [operation, documents])).toEqual([
    ['updateOne', 1],
    ['insertOne', 1],
    ['deleteMany', 2],
  ]);
});

test.each<[object, string[]]>([
  [{}, ['log_1', 'log_2', 'view']],
  [{ name: 'log_2' }, ['log_2']],
  [{ name: /^log_/ }, ['log_1', 'log_2']],
  [{ name: { $regex: '^LOG_', $options: 'i' } }, ['log_1', 'log_2']],
  [{ name: { $in: ['log_2', 'view', 'other'] } }, ['log_2', 'view']],
  [{ name: { $not: /1/ }, type: { $ne: 'view' } }, ['log_2']],
  [{ type: 'view' }, ['view']],
])('collections are listed by %j, as they would be', async (filter, names) => {
  await recorded(async (db) => {
    await db.createCollection('log_2');
    const all = await db
      .listCollections(filter)
      .map(({ name }) => name)
      .toArray();
    expect(all.toSorted()).toEqual(names);
    const each: string[] = [];
    await db.listCollections(filter).forEach(({ name }) => void each.push(name));
    expect(each.toSorted()).toEqual(names);
  });
});

test.each([{ 'options.capped': true }, { name: { $type: 'string' } }])(
  'a plan cannot list by %j, and says so',
  async (filter) => {
    await recorded(async (db) => expect(() => db.listCollections(filter)).toThrow('cannot be planned. Filter by name'));
  },
);
