import { expect, test } from '@jest/globals';
import { Collection, type Db } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { everythingIn } from '../../testing/everything.ts';
import { intercepted, keep, pass } from '../../testing/intercepted.ts';

const database = await testDatabase();
const { db } = database;

const WRITES: [string, (handle: Db) => Promise<unknown>][] = [
  ['insertOne', (handle) => handle.collection('a').insertOne({ x: 2 })],
  ['insertMany', (handle) => handle.collection('a').insertMany([{ x: 2 }])],
  ['updateOne', (handle) => handle.collection('a').updateOne({}, { $set: { x: 3 } })],
  ['updateMany', (handle) => handle.collection('a').updateMany({}, { $set: { x: 4 } })],
  ['replaceOne', (handle) => handle.collection('a').replaceOne({}, { x: 5 })],
  ['findOneAndUpdate', (handle) => handle.collection('a').findOneAndUpdate({}, { $set: { x: 6 } })],
  ['findOneAndReplace', (handle) => handle.collection('a').findOneAndReplace({}, { x: 7 })],
  ['bulkWrite', (handle) => handle.collection('a').bulkWrite([{ insertOne: { document: { x: 8 } } }])],
  ['createIndex', (handle) => handle.collection('a').createIndex({ x: 1 })],
  ['createIndex', (handle) => handle.createIndex('a', { x: -1 })],
  ['createIndexes', (handle) => handle.collection('a').createIndexes([{ key: { y: 1 } }])],
  ['createIndexes', (handle) => handle.command({ createIndexes: 'a', indexes: [{ key: { z: 1 }, name: 'z' }] })],
  ['dropIndex', (handle) => handle.collection('a').dropIndex('y_1')],
  ['dropIndex', (handle) => handle.command({ dropIndexes: 'a', index: 'z' })],
  ['dropIndexes', (handle) => handle.collection('a').dropIndexes()],
  ['command collMod', (handle) => handle.command({ collMod: 'a', validationLevel: 'moderate' })],
  ['createCollection', (handle) => handle.command(new Map([['create', 'b']]))],
  ['createIndex', async (handle) => (await handle.createCollection('e')).createIndex({ x: 1 })],
  ['drop', (handle) => handle.command({ drop: 'e' })],
  ['rename', (handle) => handle.collection('b').rename('c')],
  ['insertOne', async (handle) => (await handle.renameCollection('c', 'd')).insertOne({ x: 1 })],
  ['drop', (handle) => handle.dropCollection('d')],
  ['deleteOne', (handle) => handle.collection('a').deleteOne({})],
  ['findOneAndDelete', (handle) => handle.collection('a').findOneAndDelete({})],
  ['deleteMany', (handle) => handle.collection('a').deleteMany({})],
  ['drop', (handle) => handle.collection('a').drop()],
  ['dropDatabase', (handle) => handle.command({ dropDatabase: 1 })],
  ['dropDatabase', (handle) => handle.dropDatabase()],
];

test('no write reaches the server that the interceptor keeps', async () => {
  await db.collection('a').insertOne({ x: 1 });
  const before = await everythingIn(db);
  const { handle, writes } = intercepted(database, keep);
  for (const [operation, write] of WRITES) {
    await write(handle);
    expect(writes.at(-1)?.operation).toBe(operation);
  }
  expect(await everythingIn(db)).toEqual(before);
  expect(writes.map(({ collection }) => collection)).toContain(null);
});

test('what the interceptor sends is done as the driver does it', async () => {
  const { handle, writes } = intercepted(database, pass);
  for (const [, write] of WRITES) await write(handle);
  expect(writes).toHaveLength(WRITES.length + 2);
  expect(await everythingIn(db)).toEqual([]);
});

test('reads pass, from cursors too', async () => {
  await db.collection('read').insertMany([{ x: 1 }, { x: 2 }]);
  const { handle, client, writes } = intercepted(database, keep);
  const collection = handle.collection('read');
  expect(await collection.find({ x: { $gt: 1 } }).toArray()).toHaveLength(1);
  expect(await collection.aggregate([{ $match: { x: 1 } }]).toArray()).toHaveLength(1);
  expect(await collection.aggregate().match({ x: 1 }).project({ _id: 0 }).toArray()).toEqual([{ x: 1 }]);
  const found: unknown[] = [];
  for await (const { x } of collection
    .find()
    .sort({ x: -1 })
    .limit(2)
    .map(({ x }) => ({ x })))
    found.push(x);
  expect(found).toEqual([2, 1]);
  expect(await collection.countDocuments()).toBe(2);
  expect(await handle.listCollections().toArray()).toHaveLength(1);
  expect((await handle.collections()).map(({ collectionName }) => collectionName)).toEqual(['read']);
  expect(await handle.command({ ping: 1 })).toMatchObject({ ok: 1 });
  expect(await client.db('admin').command({ listDatabases: 1, nameOnly: true })).toMatchObject({ ok: 1 });
  expect(await client.db('other').collection('read').countDocuments()).toBe(0);
  expect([collection.collectionName, collection.dbName, client.db().databaseName]).toEqual([
    'read',
    db.databaseName,
    db.databaseName,
  ]);
  expect(collection).toBeInstanceOf(Collection);
  expect(writes).toEqual([]);
});

test('a transaction is done whole or not at all, and its commit is a write', async () => {
  const { client, handle, writes } = intercepted(database, pass);
  const things = handle.collection('things');
  await handle.createCollection('things');
  await client.withSession(async (session) => {
    await session.withTransaction(() => things.insertOne({ x: 1 }, { session }));
    session.startTransaction();
    await things.insertOne({ x: 2 }, { session });
    await session.abortTransaction();
    session.startTransaction();
    await things.updateOne({ x: 1 }, { $set: { x: 3 } }, { session });
    await session.commitTransaction();
  });
  expect(await things.find({}, { projection: { _id: 0 } }).toArray()).toEqual([{ x: 3 }]);
  expect(writes.filter(({ operation }) => operation === 'commitTransaction')).toHaveLength(2);
});
