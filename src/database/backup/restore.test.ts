import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MongoClient, type Db } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { backup } from './backup.ts';
import { describeCollections } from './collections.ts';
import { restore } from './restore.ts';
import { silent } from './watch.ts';

const quiet = { watch: silent };

const { db: source } = await testDatabase();
await source.createCollection('engines', { validator: { title: { $type: 'string' } } });
await source.collection('engines').insertMany(Array.from({ length: 20 }, (_, index) => ({ title: `Engine ${index}` })));
await source.collection('engines').createIndex({ title: 1 }, { unique: true });
await source.collection('stages').insertMany([{ number: 1 }, { number: 2 }]);
await source.createCollection('strong', { viewOn: 'engines', pipeline: [{ $match: { title: 'Engine 1' } }] });
const { directory } = await backup(source, join(temporaryFolder(), 'made'), quiet);

/** Documents, options and indexes of the whole database. */
async function everything(db: Db): Promise<unknown> {
  const described = await describeCollections(db);
  return Promise.all(
    described.map(async ({ name, options, indexes }) => ({
      name,
      options,
      indexes,
      documents: await db.collection(name).find().sort({ _id: 1 }).toArray(),
    })),
  );
}

const names = async (db: Db) => (await db.listCollections().toArray()).map(({ name }) => name).toSorted();

/** A database with data of its own: one collection of the backup, one that is none of it. */
async function inUse() {
  const database = await testDatabase();
  await database.db.collection('engines').insertOne({ old: true });
  await database.db.collection('crew').insertOne({ name: 'Kalpana' });
  return database;
}

const expected = await everything(source);

describe('a database that is not empty', () => {
  test('is refused, and not changed', async () => {
    const { db } = await inUse();
    const before = await everything(db);
    const refused = restore(db.client, directory, { to: db.databaseName, ...quiet });
    await expect(refused).rejects.toThrow('is not empty. Add --replace');
    expect(await everything(db)).toEqual(before);
  });

  test('gets the collections of the backup with replace; others are left alone and named', async () => {
    const { db } = await inUse();
    await db.createCollection('stages', { viewOn: 'crew', pipeline: [] });
    await db.collection('strong').insertOne({ old: true });
    const lines: string[] = [];
    const watch = { ...silent, report: (line: string) => lines.push(line) };
    const outcome = await restore(db.client, directory, { to: db.databaseName, replace: true, watch });
    expect(outcome).toMatchObject({ leftAlone: ['crew'] });
    expect(lines).toEqual(['Not in the backup, and left alone: crew.']);
    expect(await db.collection('crew').countDocuments()).toBe(1);
    await db.collection('crew').drop();
    expect(await everything(db)).toEqual(expected);
    expect((await names(db)).filter((name) => name.startsWith('restoring'))).toEqual([]);
  });

  test('keeps its data when the backup is damaged or this server cannot hold it', async () => {
    const { db } = await inUse();
    const before = await everything(db);
    const damaged = await backup(source, join(temporaryFolder(), 'made'), quiet);
    appendFileSync(join(damaged.directory, source.databaseName, 'engines.bson'), '\0');
    const options = { to: db.databaseName, replace: true, ...quiet };
    await expect(restore(db.client, damaged.directory, options)).rejects.toThrow(
      /engines\.bson it ends in the middle of document 21/,
    );

    const { db: capped } = await testDatabase();
    await capped.createCollection('ring', { capped: true, size: 4096 });
    const unmovable = await backup(capped, join(temporaryFolder(), 'made'), quiet);
    await expect(restore(db.client, unmovable.directory, options)).rejects.toThrow(
      'This server cannot exchange ring: renaming loses capped, size. Restore into an empty database with --to.',
    );
    expect(await everything(db)).toEqual(before);
  });
});

test('the second of two restores at once is refused', async () => {
  const { db } = await testDatabase();
  const options = { to: db.databaseName, ...quiet };
  const outcomes = await Promise.allSettled([
    restore(db.client, directory, options),
    restore(db.client, directory, options),
  ]);
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const refused = outcomes.find((outcome) => outcome.status === 'rejected');
  expect(String(refused?.reason)).toContain(`A restore into ${db.databaseName} is going on`);
  expect(await everything(db)).toEqual(expected);
});

test('a folder of mongodump is restored', async () => {
  const { db } = await testDatabase();
  const dump = await backup(source, join(temporaryFolder(), 'made'), { gzip: true, ...quiet });
  for (const name of ['manifest.json', 'manifest.sha256']) rmSync(join(dump.directory, name));
  await restore(db.client, join(dump.directory, source.databaseName), { to: db.databaseName, ...quiet });
  expect(await everything(db)).toEqual(expected);
});

test('a backup of a collection that cannot be loaded names the document', async () => {
  const { db } = await testDatabase();
  const broken = await backup(source, join(temporaryFolder(), 'made'), quiet);
  for (const name of ['manifest.json', 'manifest.sha256']) rmSync(join(broken.directory, name));
  // The same document twice: their _id is the same.
  const first = await source.collection('stages').find({}, { raw: true }).limit(1).toArray();
  for (const document of first)
    if (document instanceof Uint8Array)
      appendFileSync(join(broken.directory, source.databaseName, 'stages.bson'), document);
  const restoring = restore(db.client, broken.directory, { to: db.databaseName, ...quiet });
  await expect(restoring).rejects.toThrow('This server does not take document 3 of stages');
});

/** A client of its own on the run's server that writes down the commands of some names, and may fail at one. */
function watched(uri: string, names: string[], fail: (log: readonly string[]) => boolean = () => false) {
  const client = new MongoClient(uri, { monitorCommands: true });
  const log: string[] = [];
  client.on('commandStarted', ({ commandName, command }) => {
    if (!names.includes(commandName)) return;
    log.push(`${commandName} ${String(command[commandName])}`);
    if (fail(log)) throw new Error('the database is gone');
  });
  atEnd(() => client.close());
  return { client, log };
}

test('what is loaded is not loaded again after a failure', async () => {
  const { db, uri } = await testDatabase();
  const options = { to: db.databaseName, ...quiet };
  const cut = watched(uri, ['insert'], (log) => log.includes('insert stages'));
  await expect(restore(cut.client, directory, options)).rejects.toThrow('the database is gone');
  const next = watched(uri, ['insert']);
  await restore(next.client, directory, options);
  expect(next.log.filter((command) => command !== 'insert restoring.state')).toEqual(['insert stages']);
  expect(await everything(db)).toEqual(expected);
});

test('a collection that is half loaded is gone on with', async () => {
  const { db: large } = await testDatabase();
  const documents = ['x', 'y', 'z'].map((letter) => ({ text: letter.repeat(2_500_000) })); // a batch each
  await large.collection('texts').insertMany(documents);
  const made = await backup(large, join(temporaryFolder(), 'made'), quiet);
  const { db, uri } = await testDatabase();
  const options = { to: db.databaseName, ...quiet };
  const texts = (log: readonly string[]) => log.filter((command) => command === 'insert texts').length;
  const cut = watched(uri, ['insert'], (log) => texts(log) === 2);
  await expect(restore(cut.client, made.directory, options)).rejects.toThrow('the database is gone');
  const next = watched(uri, ['insert']);
  await restore(next.client, made.directory, options);
  expect(texts(next.log)).toBe(2);
  expect(await db.collection('texts').countDocuments()).toBe(3);
});

test('what another backup left half loaded gives way', async () => {
  const { db, uri } = await inUse();
  const options = { to: db.databaseName, replace: true, ...quiet };
  const cut = watched(uri, ['insert'], (log) => log.includes('insert restoring.1'));
  await expect(restore(cut.client, directory, options)).rejects.toThrow('the database is gone');
  const { db: small } = await testDatabase();
  await small.collection('other').insertOne({});
  const other = await backup(small, join(temporaryFolder(), 'made'), quiet);
  await restore(db.client, other.directory, options);
  expect(await names(db)).toEqual(['crew', 'engines', 'other']);
  expect(await db.collection('engines').find().toArray()).toMatchObject([{ old: true }]);
});

test('no view is made before the last of the old ones is gone, whose collation it might not have', async () => {
  const { db: views } = await testDatabase();
  await views.createCollection('a', { viewOn: 'b', pipeline: [] });
  await views.createCollection('b', { viewOn: 'engines', pipeline: [] });
  const made = await backup(views, join(temporaryFolder(), 'made'), quiet);
  const { db, uri } = await inUse();
  const { client, log } = watched(uri, ['create', 'drop']);
  await restore(client, made.directory, { to: db.databaseName, replace: true, ...quiet });
  const own = log.filter((command) => !command.includes('restoring.'));
  expect(own).toEqual(['drop a', 'drop b', 'create a', 'create b']);
});

test('while collections are being exchanged, neither another restore nor a backup gets in between', async () => {
  const { db, uri } = await inUse();
  const options = { to: db.databaseName, replace: true, ...quiet };
  const cut = watched(uri, ['renameCollection'], (log) => log.length === 2);
  await expect(restore(cut.client, directory, options)).rejects.toThrow('the database is gone');
  const { db: small } = await testDatabase();
  await small.collection('other').insertOne({});
  const other = await backup(small, join(temporaryFolder(), 'made'), quiet);
  await expect(restore(db.client, other.directory, options)).rejects.toThrow(
    `A restore of ${directory} into ${db.databaseName} was interrupted while it exchanged collections.`,
  );
  await expect(backup(db, join(temporaryFolder(), 'made'), quiet)).rejects.toThrow('Run that db:restore again first');
  await restore(db.client, directory, options);
  await db.collection('crew').drop();
  expect(await everything(db)).toEqual(expected);
});
