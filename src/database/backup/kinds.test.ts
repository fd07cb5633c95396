import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { MongoClient, type Db, type Document } from 'mongodb';
import { atEnd } from '../../testing/cleanup.ts';
import { testDatabase } from '../../testing/database.ts';
import { archiveFile, dump } from '../../testing/dumped-fleet.ts';
import { KINDS, makeKinds, everyByteOf } from '../../testing/kinds-of-collection.ts';
import { archiveOf } from '../../testing/mongodump-archive.ts';
import { dumpedOf } from '../../testing/mongodump.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { tapTo } from '../../testing/tap.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';
import { verify } from './verify.ts';
import { silent } from './watch.ts';

const quiet = { watch: silent };
const folder = () => join(temporaryFolder(), 'made');

test.each<[string, (source: Db) => Promise<string>]>([
  ['a backup', async (source) => (await backup(source, folder(), quiet)).directory],
  ['a folder of mongodump', async (source) => dump(await dumpedOf(source))],
  ['an archive of mongodump', async (source) => archiveFile(archiveOf({ fleet: await dumpedOf(source) }))],
])('every kind of collection comes back from %s as it was', async (_form, write) => {
  const { db: source } = await testDatabase();
  await makeKinds(source);
  const made = await write(source);
  const { db } = await testDatabase();
  await restore(db.client, made, { to: db.databaseName, ...quiet });
  expect(Object.keys(await everyByteOf(db))).toHaveLength(Object.keys(KINDS).length + 2);
  expect(await everyByteOf(db)).toEqual(await everyByteOf(source));
  expect(await db.collection('a view on a view that comes later').countDocuments()).toBe(1);
  expect(await verify(db.client, made, silent)).toMatchObject({ defects: [] });
});

test('MongoDB gets no option that it refuses, and deletes nothing while documents are loaded', async () => {
  const { db: source } = await testDatabase();
  await makeKinds(source);
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
