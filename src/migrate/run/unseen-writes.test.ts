import { expect, test } from '@jest/globals';
import { Admin, Collection, GridFSBucket, MongoClient, type Db } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { testDatabase } from '../../testing/database.ts';
import { everythingIn } from '../../testing/everything.ts';
import { intercepted, keep, pass } from '../../testing/intercepted.ts';
import { fence } from './fence.ts';
import { interceptWrites } from './handle.ts';
import { LeaseLost } from '../../lease/index.ts';

const database = await testDatabase();
const { connection, db } = database;
const other = connection.getClient().db(`${db.databaseName}-other`);
await db.collection('read').insertMany([{ x: 1 }, { x: 2 }]);

const everything = () => Promise.all([everythingIn(db), everythingIn(other)]);

const lost = fence(
  {
    expiresAt: () => new Date(0),
    assertHeld() {
      throw new LeaseLost('x');
    },
  },
  {},
);

type Handles = { handle: Db; client: MongoClient };
const write = (client: MongoClient) => client.db(db.databaseName).collection('read').insertOne({ x: 3 });
const inner = (object: object, ...names: string[]) =>
  names.reduce<object>((value, name) => Object(Reflect.get(value, name)), object);
function clientOf(object: object, ...way: string[]): MongoClient {
  const client = inner(object, ...way, 'client');
  if (client instanceof MongoClient) return client;
  throw new TypeError('no client');
}

test.each<[string, (handles: Handles) => unknown]>([
  ['the client of a session', ({ client }) => client.withSession((session) => write(clientOf(session)))],
  ['the client of a started session', ({ client }) => write(clientOf(client.startSession()))],
  [
    'the client of a transaction',
    ({ client }) => client.withSession((session) => session.withTransaction((again) => write(clientOf(again)))),
  ],
  [
    'the session of a transaction',
    ({ client, handle }) =>
      client.withSession((session) =>
        session.withTransaction(async (again) => handle.collection('read').insertOne({ x: 3 }, { session: again })),
      ),
  ],
  ['the client of a cursor', ({ handle }) => write(clientOf(handle.collection('read').find()))],
  [
    'the client of the cursor of an aggregation',
    ({ handle }) => write(clientOf(handle.collection('read').aggregate([]).limit(1).clone())),
  ],
  ['the client of a list', ({ handle }) => write(clientOf(handle.listCollections()))],
  ['the client of a database', ({ handle }) => write(handle.client)],
  ['the database of a collection', ({ handle }) => write(clientOf(handle.collection('x'), 'db'))],
  ['an inner field of a collection', ({ handle }) => write(clientOf(handle.collection('x'), 's', 'db'))],
  ['an inner field of a database', ({ handle }) => write(clientOf(handle, 's'))],
  ['an inner field of the client', ({ client }) => inner(client, 's', 'sessionPool', 'client')],
  ['out()', ({ handle }) => handle.collection('read').aggregate([]).out('x').toArray()],
  ['addStage()', ({ handle }) => handle.collection('read').aggregate([]).addStage({ $out: 'x' }).toArray()],
  [
    'the pipeline of a cursor',
    ({ handle }) => {
      const cursor = handle.collection('read').aggregate([]);
      cursor.pipeline.push({ $out: 'x' });
      return cursor.toArray();
    },
  ],
  [
    '$out',
    ({ handle }) =>
      handle
        .collection('read')
        .aggregate([{ $match: {} }, { $out: 'x' }])
        .toArray(),
  ],
  ['$merge', ({ handle }) => handle.aggregate([{ $documents: [{}] }, { $merge: 'x' }]).toArray()],
  [
    'a stage that is a map',
    ({ handle }) =>
      handle
        .collection('read')
        .aggregate([new Map([['$out', 'x']])])
        .toArray(),
  ],
  ['$out in a command', ({ handle }) => handle.command({ aggregate: 'read', pipeline: [{ $out: 'x' }], cursor: {} })],
  [
    'a command as a map',
    ({ handle }) =>
      handle.command(
        new Map<string, unknown>([
          ['insert', 'x'],
          ['documents', [{}]],
        ]),
      ),
  ],
  ['the command of another database', ({ client }) => client.db('admin').command({ fsync: 1, lock: true })],
  ['the administration', ({ handle }) => handle.admin().command({ ping: 1 })],
  ['a cursor of a command', ({ handle }) => handle.runCursorCommand({ find: 'read' }).toArray()],
  ['a collection of another database', ({ client }) => client.db(other.databaseName).collection('x').insertOne({})],
  ['another database', ({ client }) => client.db(other.databaseName).createCollection('x')],
  ['an ordered bulk operation', ({ handle }) => handle.collection('x').initializeOrderedBulkOp().insert({}).execute()],
  ['an unordered bulk operation', ({ handle }) => handle.collection('x').initializeUnorderedBulkOp()],
  [
    'the bulk write of the client',
    ({ client }) => client.bulkWrite([{ name: 'insertOne', namespace: `${db.databaseName}.x`, document: {} }]),
  ],
  ['a stream of changes', ({ client }) => client.watch()],
  [
    'a bucket of GridFS',
    ({ handle }) =>
      new Promise((resolve, reject) => {
        const upload = new GridFSBucket(handle).openUploadStream('x');
        upload.once('error', reject).once('finish', resolve).end('content');
      }),
  ],
  ['a collection made of a handle', ({ handle }) => Reflect.construct(Collection, [handle, 'x', {}]).insertOne({})],
  [
    'an administration made of a handle',
    ({ handle }) => Reflect.construct(Admin, [handle]).command({ fsync: 1, lock: true }),
  ],
  ['the end of the client', ({ client }) => client.close()],
  ['an event of the client', ({ client }) => client.on('commandStarted', () => {})],
  ['a setting', ({ handle }) => (handle.collection('read').hint = { x: 1 })],
])('%s is no way round the interceptor', async (_way, use) => {
  const before = await everything();
  for (const intercept of [keep, lost]) {
    const { writes, ...handles } = intercepted(database, intercept);
    const error: unknown = await (async () => use(handles))().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (writes.length === 0) expect(error).toBeInstanceOf(OperatorError);
    else if (intercept === lost) expect(error).toBeInstanceOf(LeaseLost);
  }
  expect(await everything()).toEqual(before);
});

test('a write to another database is refused, a read is the driver’s own', async () => {
  const read = () => [];
  const context = { databaseName: db.databaseName, intercept: pass, read };
  const client = interceptWrites(connection.getClient(), context);
  expect(await client.db().collection('read').findOne()).toEqual([]);
  const elsewhere = client.db(other.databaseName);
  expect(await elsewhere.collection('read').findOne()).toBeNull();
  const refusal = `A migration of ${db.databaseName} cannot write to ${other.databaseName}`;
  expect(() => elsewhere.collection('read').insertOne({ x: 1 })).toThrow(refusal);
  expect(() => elsewhere.command({ create: 'read' })).toThrow(refusal);
  expect(await everythingIn(other)).toEqual([]);
  expect(await elsewhere.client.db().collection('read').findOne()).toEqual([]);
});

test('a pipeline that is changed after the call writes nothing', async () => {
  const before = await everything();
  const pipeline: object[] = [{ $match: { x: 1 } }];
  const cursor = intercepted(database, pass).handle.collection('read').aggregate(pipeline);
  pipeline.push({ $out: 'x' });
  expect(await cursor.toArray()).toHaveLength(1);
  expect(await everything()).toEqual(before);
});

test.each([
  ['insert', 'db.collection(NAME).insertMany()'],
  ['update', 'db.collection(NAME).updateMany()'],
  ['delete', 'db.collection(NAME).deleteMany()'],
  ['findAndModify', 'db.collection(NAME).findOneAndUpdate()'],
  ['findandmodify', 'db.collection(NAME).findOneAndUpdate()'],
  ['bulkWrite', 'db.collection(NAME).bulkWrite()'],
  ['mapReduce', 'db.collection(NAME).aggregate()'],
  ['renameCollection', 'db.collection(NAME).rename()'],
  ['applyOps', 'db.collection(NAME).bulkWrite()'],
  ['convertToCapped', 'db.createCollection(NAME, { capped'],
  ['cloneCollectionAsCapped', 'db.createCollection(NAME, { capped'],
  ['somethingNew', 'one of the commands collMod, create, createIndexes, drop, dropDatabase, dropIndexes'],
])('the command %s is refused, with what to use', (name, instead) => {
  const { handle, client } = intercepted(database, pass);
  for (const one of [handle, client.db('other'), handle.client.db('other')])
    expect(() => one.command({ [name]: 'read' })).toThrow(instead);
});
