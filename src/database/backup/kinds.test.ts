import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { MongoClient, type Db, type Document } from 'mongodb';
import { atEnd } from '../../testing/cleanup.ts';
import { testDatabase } from '../../testing/database.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { tapTo } from '../../testing/tap.ts';
import { backup } from './backup.ts';
import { describeCollections } from './collections.ts';
import { storedBatches } from './documents.ts';
import { restore } from './restore.ts';
import { verify } from './verify.ts';
import { silent } from './watch.ts';

const quiet = { watch: silent };
const folder = () => join(temporaryFolder(), 'made');

/** What every kind of collection or view is made with: the fields of `create` and `createIndexes`. */
const KINDS: Record<string, { options?: Document; indexes?: Document[] }> = {
  'a capped collection': { options: { capped: true, size: 4096, max: 10 } },
  'a clustered one': { options: { clusteredIndex: { key: { _id: 1 }, unique: true, name: 'by id' } } },
  'a clustered one that expires': {
    options: { clusteredIndex: { key: { _id: 1 }, unique: true }, expireAfterSeconds: 3_000_000_000 },
  },
  'a time series': { options: { timeseries: { timeField: 'at', metaField: 'of', granularity: 'hours' } } },
  'one with a collation': {
    options: { collation: { locale: 'fr', strength: 1 } },
    indexes: [
      { key: { a: 1 }, name: 'as the collection' },
      { key: { b: 1 }, name: 'bytes', collation: { locale: 'simple' } },
      { key: { c: 1 }, name: 'other', collation: { locale: 'de', strength: 2 } },
    ],
  },
  'one with images of changes': { options: { changeStreamPreAndPostImages: { enabled: true } } },
  'one with a constraint': { options: { validator: { at: { $exists: true } }, validationLevel: 'constraint' } },
  'one with rules by schema': {
    options: {
      validator: { $jsonSchema: { required: ['at'], properties: { at: { bsonType: 'date' } } } },
      validationLevel: 'moderate',
      validationAction: 'warn',
    },
  },
  'one with settings of the storage engine': {
    options: {
      storageEngine: { wiredTiger: { configString: 'block_compressor=zstd' } },
      indexOptionDefaults: { storageEngine: { wiredTiger: {} } },
    },
  },
  'one with every index': {
    indexes: [
      { key: { a: 1, b: -1 }, name: 'compound', unique: true, partialFilterExpression: { b: { $gt: 3 } } },
      { key: { at: 1 }, name: 'soon', expireAfterSeconds: 3_000_000 },
      { key: { s: 1 }, name: 'sparse', sparse: true },
      { key: { h: 1 }, name: 'hidden', hidden: true },
      { key: { place: '2dsphere' }, name: 'on earth' },
      { key: { flat: '2d' }, name: 'on paper', min: -10, max: 10, bits: 20 },
      { key: { '$**': 1 }, name: 'all', wildcardProjection: { a: 1 } },
      { key: { a: 1, 'b.$**': 1 }, name: 'all below' },
      { key: { z: 1 }, name: 'of version 1', v: 1 },
    ],
  },
  'a view': { options: { viewOn: 'documents', pipeline: [{ $match: { number: 1 } }] } },
  'a view with a collation': { options: { viewOn: 'none', pipeline: [], collation: { locale: 'de' } } },
  'a view on a view that comes later': { options: { viewOn: 'z view', pipeline: [{ $limit: 1 }] } },
};

async function make(db: Db): Promise<void> {
  for (const [name, { options = {}, indexes }] of Object.entries(KINDS)) {
    await db.command({ create: name, ...options });
    const now = new Date();
    const documents = [1, 2, 3].map((number) => ({ _id: number, at: now, of: 1, number }));
    if (!('viewOn' in options)) await db.command({ insert: name, documents });
    if (indexes) await db.command({ createIndexes: name, indexes });
  }
  await db.collection('documents').insertMany([{ number: 1 }, { number: 2 }]);
  await db.createCollection('z view', { viewOn: 'documents', pipeline: [] });
}

/** Options and indexes as the server tells them, and the bytes of all documents. */
async function everything(db: Db): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const { name, type, options, indexes } of await describeCollections(db)) {
    const documents: string[] = [];
    if (type !== 'view')
      for await (const batch of storedBatches(db.collection(name)))
        documents.push(...batch.map((document) => Buffer.from(document).toString('hex')));
    found[name] = { type, options, indexes, documents };
  }
  return found;
}

test('every kind of collection comes back as it was', async () => {
  const { db: source } = await testDatabase();
  await make(source);
  const { directory } = await backup(source, folder(), quiet);
  const { db } = await testDatabase();
  await restore(db.client, directory, { to: db.databaseName, ...quiet });
  expect(Object.keys(await everything(db))).toHaveLength(Object.keys(KINDS).length + 2);
  expect(await everything(db)).toEqual(await everything(source));
  expect(await db.collection('a view on a view that comes later').countDocuments()).toBe(1);
  expect(await verify(db.client, directory, silent)).toMatchObject({ findings: [] });
});

test('MongoDB is told nothing that it refuses, and deletes nothing while documents are loaded', async () => {
  const { db: source } = await testDatabase();
  await make(source);
  const { directory } = await backup(source, folder(), quiet);
  const { db, uri } = await testDatabase();
  const { uri: line, commands } = await tapTo(uri, (command) =>
    command['collMod'] === undefined ? undefined : { ok: 1 },
  );
  const client = await MongoClient.connect(line);
  atEnd(() => client.close());
  await restore(client, directory, { to: db.databaseName, ...quiet });
  const inserts = new Map(commands.filter(({ insert }) => insert).map((command) => [command['insert'], command]));
  expect(inserts.get('one with a constraint')).toMatchObject({ bypassDocumentValidation: false });
  expect(inserts.get('one with rules by schema')).toMatchObject({ bypassDocumentValidation: true });
  const places = commands.map((command) => [command['insert'] ?? command['collMod'], command['expireAfterSeconds']]);
  const expiring = places.filter(([name]) => name === 'a clustered one that expires');
  expect(expiring).toEqual([
    ['a clustered one that expires', 'off'],
    ['a clustered one that expires', undefined],
  ]);
});

/** What a newer or another server has, as a dump describes it. */
const NOT_TAKEN: Record<string, { metadata: Document; message: string }> = {
  'an encrypted collection': {
    metadata: { options: { encryptedFields: { fields: [] } }, type: 'collection' },
    message: 'This server cannot make odd with its options {"encryptedFields":{"fields":[]}}',
  },
  'an option of a later release': {
    metadata: { options: { kindOfOption: true }, type: 'collection' },
    message: 'This server cannot make odd with its options {"kindOfOption":true}',
  },
  'an index of words': {
    metadata: { indexes: [{ v: 2, key: { _fts: 'text', _ftsx: 1 }, name: 'words', weights: { title: 1 } }] },
    message: 'Index words of odd cannot be made here',
  },
  'a hashed index': {
    metadata: { indexes: [{ v: 2, key: { title: 'hashed' }, name: 'hashed' }] },
    message: 'Index hashed of odd cannot be made here',
  },
};

/** A backup by another program, in which the metadata of the collection `odd` are these. */
async function written(metadata: Document): Promise<string> {
  const { db } = await testDatabase();
  await db.collection('engines').insertOne({ title: 'Merlin' });
  await db.collection('odd').insertOne({ title: 'Raptor' });
  const { directory } = await backup(db, folder(), quiet);
  for (const name of readdirSync(directory)) if (name.startsWith('manifest')) rmSync(join(directory, name));
  const described = JSON.stringify({ indexes: [], ...metadata, collectionName: 'odd' });
  writeFileSync(join(directory, db.databaseName, 'odd.metadata.json'), described);
  return directory;
}

test('a collection that was on its way to the level constraint comes back at strict', async () => {
  const options = { validator: { title: { $exists: true } }, validationLevel: 'strict' };
  const directory = await written({ options: { ...options, prepareConstraintValidationLevel: true } });
  const { db } = await testDatabase();
  await restore(db.client, directory, { to: db.databaseName, ...quiet });
  const [odd] = await db.listCollections({ name: 'odd' }, { nameOnly: false }).toArray();
  expect(odd?.options).toEqual(options);
});

test.each(Object.entries(NOT_TAKEN))(
  'what this server does not have is named, and leaves nothing: %s',
  async (_what, { metadata, message }) => {
    const directory = await written(metadata);
    const { db } = await testDatabase();
    const restoring = restore(db.client, directory, { to: db.databaseName, ...quiet });
    await expect(restoring).rejects.toThrow(message);
    expect(await db.listCollections().toArray()).toEqual([]);
  },
);

test('what a server decides by itself is not asked of another one, as mongorestore does it', async () => {
  const { db: source } = await testDatabase();
  await source.createCollection('engines');
  const { directory } = await backup(source, folder(), quiet);
  for (const name of readdirSync(directory)) if (name.startsWith('manifest')) rmSync(join(directory, name));
  const options = { autoIndexId: true, recordIdsReplicated: true, validationLevel: 'moderate' };
  const described = JSON.stringify({ options, indexes: [], collectionName: 'engines' });
  writeFileSync(join(directory, source.databaseName, 'engines.metadata.json'), described);
  const { db, uri } = await testDatabase();
  await db.collection('engines').insertOne({ title: 'old' });
  const { uri: line, commands } = await tapTo(uri);
  const client = await MongoClient.connect(line);
  atEnd(() => client.close());
  await restore(client, directory, { to: db.databaseName, replace: true, ...quiet });
  const made = commands.filter(({ create }) => create !== undefined);
  expect(made.length).toBeGreaterThan(0);
  for (const command of made) {
    expect(command).toMatchObject({ validationLevel: 'moderate' });
    expect(command).not.toHaveProperty('autoIndexId');
    expect(command).not.toHaveProperty('recordIdsReplicated');
  }
});
