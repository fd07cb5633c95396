import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Decimal128, Double, Long, type Db, type Document } from 'mongodb';
import { findMongoTools, runTool, underName } from '../../bench/mongo-tools.ts';
import { testDatabase } from '../../testing/database.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';
import { silent } from './watch.ts';

// Jest tells that they are skipped where neither PATH nor MONGO_TOOLS has the tools.
const tools = findMongoTools();
const onTools = tools ? describe : describe.skip;

const NAMES = ['engines', 'Engines', 'a b', 'a+b', 'a/b', 'dots.and-_~', 'ü'.repeat(70)];
const { signal } = new AbortController();

/** A database with odd names, an index and a validator. */
async function source() {
  const database = await testDatabase();
  const { db } = database;
  await db.createCollection('engines', { validator: { title: { $type: 'string' } } });
  for (const name of NAMES)
    await db
      .collection<Document & { _id: string }>(name)
      .insertMany([
        { _id: name, title: 'RS-25', parts: [new Double(1), Long.MAX_VALUE, Decimal128.fromString('1E-3')] },
      ]);
  await db.collection('engines').createIndex({ title: 1 }, { unique: true, name: 'by title' });
  return database;
}

/** All that the collections are and hold. */
async function contentOf(db: Db) {
  const found = [];
  for (const { name, options } of await db.listCollections({}, { nameOnly: false }).toArray()) {
    const documents = await db.collection(name).find({}, { raw: true }).toArray();
    const indexes = await db.collection(name).indexes();
    // mongorestore adds the name space, which MongoDB has ignored since 4.4.
    found.push({ name, options, indexes: indexes.map(({ ns: _ns, ...index }) => index), documents });
  }
  return found.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

onTools('the official tools', () => {
  test.each([
    ['--out', []],
    ['--out', ['--gzip']],
    ['--archive', []],
    ['--archive', ['--gzip']],
  ])('write with %s and %j what db:restore reads', async (form, options) => {
    const [{ db, uri }, { db: target }] = [await source(), await testDatabase()];
    const made = join(temporaryFolder(), 'made');
    await runTool(tools?.mongodump ?? '', [`--uri=${uri}`, `${form}=${made}`, ...options], signal);
    await restore(db.client, made, { to: target.databaseName, watch: silent });
    expect(await contentOf(target)).toEqual(await contentOf(db));
  });

  test('restore what db:backup writes', async () => {
    const [{ db, uri }, { db: target }] = [await source(), await testDatabase()];
    const { directory } = await backup(db, join(temporaryFolder(), 'made'), { watch: silent });
    const options = underName(uri, db.databaseName, target.databaseName);
    await runTool(tools?.mongorestore ?? '', [...options, directory], signal);
    expect(await contentOf(target)).toEqual(await contentOf(db));
  });
});
