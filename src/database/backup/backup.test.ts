import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { MongoClient, type Db } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { backup } from './backup.ts';
import { describeCollections } from './collections.ts';
import { storedBatches } from './documents.ts';
import { restore } from './restore.ts';
import { verify } from './verify.ts';
import { silent } from './watch.ts';

const { db } = await testDatabase();
const GONE = 2 ** 22 + 1; // above Linux's largest process id

const folder = () => join(temporaryFolder(), 'made');
const quiet = { watch: silent };

async function bytesOf(target: Db, collection: string): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of storedBatches(target.collection(collection)))
    for (const document of batch) found.push(Buffer.from(document).toString('hex'));
  return found;
}

async function emptyDatabase(): Promise<Db> {
  return (await testDatabase()).db;
}

async function shapeOf(target: Db): Promise<unknown> {
  const described = await describeCollections(target);
  return described.map(({ uuid: _uuid, indexes, ...rest }) => ({
    ...rest,
    indexes: indexes.map((index) => ({ ...index, key: Object.entries(index['key']) })),
  }));
}

test('collections, views, validators, options and every index come back', async () => {
  const source = await emptyDatabase();
  const validator = { $jsonSchema: { required: ['title'], properties: { title: { bsonType: 'string' } } } };
  const strict = { validator, validationLevel: 'moderate', validationAction: 'error' } as const;
  const engines = await source.createCollection('engines', strict);
  await source.command({ insert: 'engines', documents: [{ _id: 1, broken: true }], bypassDocumentValidation: true });
  await engines.insertMany(
    Array.from({ length: 40 }, (_, index) => ({ title: `Engine ${index}`, index, nested: { index } })),
  );
  await engines.createIndexes([
    { key: { title: 1, index: -1 }, name: 'both', unique: true, partialFilterExpression: { index: { $gt: 3 } } },
    { key: { index: 1 }, name: 'soon', expireAfterSeconds: 3600, sparse: true },
    { key: { 'nested.index': 1 }, name: 'unseen', hidden: true, collation: { locale: 'de', strength: 2 } },
  ]);
  await source.createCollection('ring', { capped: true, size: 4096, max: 10 });
  await source.collection('ring').insertMany([{ turn: 1 }, { turn: 2 }]);
  await source.createCollection('words', { collation: { locale: 'fr', strength: 1 } });
  await source.createCollection('by id', { clusteredIndex: { key: { _id: 1 }, unique: true } });
  await source.collection('by id').insertOne({ nothing: null });
  await source.createCollection('past', { timeseries: { timeField: 'at', metaField: 'of' } });
  await source.collection('past').insertOne({ at: new Date(0), of: 1, value: 2 });
  await source.createCollection('strong', { viewOn: 'engines', pipeline: [{ $match: { index: { $gt: 30 } } }] });
  await source.createCollection('é/%?');

  for (const gzip of [false, true]) {
    const { directory, manifest } = await backup(source, folder(), { gzip, ...quiet });
    expect(manifest.collections.find(({ name }) => name === 'engines')).toMatchObject({ documents: 41 });
    const target = await emptyDatabase();
    await restore(target.client, directory, { to: target.databaseName, ...quiet });
    expect(await shapeOf(target)).toEqual(await shapeOf(source));
    for (const name of ['engines', 'ring', 'by id', 'past'])
      expect(await bytesOf(target, name)).toEqual(await bytesOf(source, name));
    expect(await target.collection('strong').countDocuments()).toBe(9);
    expect(await verify(target.client, directory, silent)).toMatchObject({ defects: [] });
  }
});

test('the files have their names, and their owner alone may read them', async () => {
  await db.collection('engines').insertMany([{ title: 'Merlin' }, { title: 'Raptor' }]);
  const { directory, manifest } = await backup(db, folder(), quiet);
  const inner = join(directory, db.databaseName);
  expect(readdirSync(directory).toSorted()).toEqual(['manifest.json', 'manifest.sha256', db.databaseName].toSorted());
  expect(readdirSync(inner).toSorted()).toEqual(['engines.bson', 'engines.metadata.json']);
  const modes = [directory, inner, join(inner, 'engines.bson'), join(directory, 'manifest.json')];
  expect(modes.map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700, 0o600, 0o600]);
  expect(JSON.parse(readFileSync(join(inner, 'engines.metadata.json'), 'utf8'))).toEqual({
    options: {},
    indexes: [{ v: { $numberInt: '2' }, key: { _id: { $numberInt: '1' } }, name: '_id_' }],
    uuid: expect.stringMatching(/^[0-9a-f]{32}$/),
    collectionName: 'engines',
    type: 'collection',
  });
  expect(manifest).toMatchObject({ database: db.databaseName, gzip: false });
});

test('a collection is read before what moves out of it, whichever was made first', async () => {
  const source = await emptyDatabase();
  for (const name of ['engines.history', 'tanks', 'engines']) await source.collection(name).insertOne({});
  const { manifest } = await backup(source, folder(), quiet);
  expect(manifest.collections.map(({ name }) => name)).toEqual(['engines', 'engines.history', 'tanks']);
});

test('a folder that exists is refused, and leftovers of killed backups alone are removed', async () => {
  const parent = temporaryFolder();
  const names = { dead: `old.partial-${GONE}@${hostname()}`, live: `b.partial-${process.ppid}@${hostname()}` };
  const foreign = `c.partial-${GONE}@${hostname()}-2`;
  for (const name of [names.dead, names.live, foreign]) mkdirSync(join(parent, name));
  writeFileSync(join(parent, names.dead, 'engines.bson'), '');
  await expect(backup(db, parent, quiet)).rejects.toThrow('exists already');
  await backup(db, join(parent, 'made'), quiet);
  expect(readdirSync(parent).toSorted()).toEqual([foreign, names.live, 'made'].toSorted());
});

test('what is written meanwhile does not tear it: all documents are of one moment', async () => {
  const source = await emptyDatabase();
  const filler = Array.from({ length: 200 }, (_, index) => ({ index, text: 'x'.repeat(1000) }));
  await source.collection('a').insertOne({});
  await source.collection('m').insertMany(filler);
  await source.collection('z').insertOne({});
  let written = 1;
  let running = true;
  const writer = (async () => {
    for (; running; written += 1) {
      await source.collection('z').insertOne({});
      await source.collection('a').insertOne({});
    }
  })();
  const { manifest } = await backup(source, folder(), quiet);
  running = false;
  await writer;
  const count = (name: string) => manifest.collections.find((collection) => collection.name === name)?.documents ?? -1;
  expect(count('z') - count('a')).toBeGreaterThanOrEqual(0);
  expect(count('z') - count('a')).toBeLessThanOrEqual(1);
  expect(written).toBeGreaterThan(count('z'));
});

test('a collection that is dropped meanwhile stops it, and nothing is left', async () => {
  const source = await emptyDatabase();
  await source.collection('engines').insertOne({});
  const directory = folder();
  let dropped: Promise<unknown> = Promise.resolve();
  const progress = () => {
    dropped = source.collection('engines').drop();
    return { advance() {}, stop() {} };
  };
  await expect(backup(source, directory, { watch: { ...silent, progress } })).rejects.toThrow(/Run it again/);
  await dropped;
  expect(existsSync(directory)).toBe(false);
  expect(readdirSync(join(directory, '..'))).toEqual([]);
});

test('a database that is gone at any step leaves nothing', async () => {
  const { db: source, uri } = await testDatabase();
  await source.collection('engines').insertOne({});
  const parent = temporaryFolder();
  let last = 0;
  for (let isDone = false; !isDone; last += 1) {
    const client = new MongoClient(uri, { monitorCommands: true });
    let commands = 0;
    client.on('commandStarted', () => {
      commands += 1;
      if (commands > last) throw new Error('the database is gone');
    });
    const outcome = await backup(client.db(), join(parent, 'made'), quiet).catch(String);
    await client.close().catch(() => {});
    isDone = typeof outcome !== 'string';
    if (!isDone) expect(outcome).toMatch(/^OperatorError: The backup failed.*the database is gone.*Run it again/);
    expect(readdirSync(parent)).toEqual(isDone ? ['made'] : []);
  }
  expect(last).toBeGreaterThan(8);
});
