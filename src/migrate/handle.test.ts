import { expect, test } from '@jest/globals';
import { testDatabase } from '../testing/database.ts';
import { interceptWrites, type Write } from './handle.ts';

const { connection, db } = await testDatabase();

function intercepted(pass: boolean) {
  const writes: Write[] = [];
  const client = interceptWrites(connection.getClient(), {
    databaseName: db.databaseName,
    intercept: async (write, send) => {
      writes.push(write);
      return pass ? send(write.parameters) : undefined;
    },
  });
  return { writes, client, handle: client.db(db.databaseName) };
}

async function everything() {
  const names = (await db.listCollections().toArray()).map(({ name }) => name).toSorted();
  return Promise.all(names.map(async (name) => [name, await db.collection(name).find().toArray()]));
}

const WRITES: [string, (handle: typeof db) => Promise<unknown>][] = [
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
  ['dropIndex', (handle) => handle.collection('a').dropIndex('y_1')],
  ['dropIndexes', (handle) => handle.collection('a').dropIndexes()],
  ['command collMod', (handle) => handle.command({ collMod: 'a', validationLevel: 'moderate' })],
  ['createCollection', (handle) => handle.createCollection('b')],
  ['rename', (handle) => handle.collection('b').rename('c')],
  ['renameCollection', (handle) => handle.renameCollection('c', 'd')],
  ['dropCollection', (handle) => handle.dropCollection('d')],
  ['deleteOne', (handle) => handle.collection('a').deleteOne({})],
  ['findOneAndDelete', (handle) => handle.collection('a').findOneAndDelete({})],
  ['deleteMany', (handle) => handle.collection('a').deleteMany({})],
  ['drop', (handle) => handle.collection('a').drop()],
  ['dropDatabase', (handle) => handle.dropDatabase()],
];

test('no write reaches the server that the interceptor keeps', async () => {
  await db.collection('a').insertOne({ x: 1 });
  const before = await everything();
  const { handle, writes } = intercepted(false);
  for (const [operation, write] of WRITES) {
    await write(handle);
    expect(writes.at(-1)?.operation).toBe(operation);
  }
  expect(await everything()).toEqual(before);
  expect(writes.map(({ collection }) => collection)).toContain(null);
});

test('what the interceptor sends is done as the driver does it', async () => {
  const { handle, writes } = intercepted(true);
  for (const [, write] of WRITES) await write(handle);
  expect(writes).toHaveLength(WRITES.length);
  expect(await everything()).toEqual([]);
});

test('reads pass, from cursors too', async () => {
  await db.collection('read').insertMany([{ x: 1 }, { x: 2 }]);
  const { handle, writes } = intercepted(false);
  const collection = handle.collection('read');
  expect(await collection.find({ x: { $gt: 1 } }).toArray()).toHaveLength(1);
  expect(await collection.aggregate([{ $match: { x: 1 } }]).toArray()).toHaveLength(1);
  expect(await collection.countDocuments()).toBe(2);
  expect(await handle.listCollections().toArray()).toHaveLength(1);
  expect(await handle.command({ ping: 1 })).toMatchObject({ ok: 1 });
  expect(collection.collectionName).toBe('read');
  expect(writes).toEqual([]);
});

test('whatever may write unseen is refused', () => {
  const { handle, client } = intercepted(true);
  const collection = handle.collection('read');
  expect(() => collection.aggregate([{ $match: {} }, { $out: 'x' }])).toThrow('bulkWrite');
  expect(() => handle.admin()).toThrow('db.admin() cannot be used in a migration');
  expect(() => collection.initializeOrderedBulkOp()).toThrow('collection.initializeOrderedBulkOp()');
  expect(() => client.bulkWrite([])).toThrow('client.bulkWrite()');
});

test.each([
  ['insert', 'insertMany'],
  ['update', 'updateMany'],
  ['delete', 'deleteMany'],
  ['findAndModify', 'findOneAndUpdate'],
  ['findandmodify', 'findOneAndUpdate'],
  ['bulkWrite', 'bulkWrite'],
  ['mapReduce', 'aggregate'],
  ['renameCollection', 'rename'],
])('the command %s is refused, with the method to use', (name, method) => {
  const { handle, client } = intercepted(true);
  for (const one of [handle, client.db('other'), Reflect.get(handle, 'client').db('other')])
    expect(() => one.command({ [name]: 'read' })).toThrow(`Use db.collection(NAME).${method}().`);
});

test.each([{ $out: 'x' }, { $merge: 'x' }])('a command that ends in %j is refused', (stage) => {
  const { handle } = intercepted(true);
  expect(() => handle.command({ aggregate: 'read', pipeline: [stage], cursor: {} })).toThrow('bulkWrite');
});

test('the database without a name is the one that is migrated', () => {
  expect(intercepted(true).client.db().databaseName).toBe(db.databaseName);
});

test('no property of what is handed out is the driver’s own client or database', () => {
  const { handle, client } = intercepted(true);
  const own = connection.getClient();
  const names = new Set<string>();
  for (const one of [own, db, db.collection('read')])
    for (let level: object = one; level !== Object.prototype; level = Reflect.getPrototypeOf(level) ?? Object.prototype)
      for (const name of Object.getOwnPropertyNames(level)) names.add(name);
  expect(names).toContain('client');
  for (const one of [client, handle, handle.collection('read')])
    for (const name of names) {
      const value: unknown = name in one ? Reflect.get(one, name) : undefined;
      expect([name, value === own || value === db]).toEqual([name, false]);
    }
});
