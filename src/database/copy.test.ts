import { expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { everyValue } from '../testing/bson-values.ts';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import { everyByteOf, makeKinds } from '../testing/kinds-of-collection.ts';
import { tapTo } from '../testing/tap.ts';
import { insertOptions, insertRaw } from './backup/raw-insert.ts';
import { copyDatabase } from './copy.ts';

const { signal } = new AbortController();

test('every kind of collection and every value is copied as it is, also documents that break the rules', async () => {
  const [{ db: source }, { db: target }] = [await testDatabase(), await testDatabase()];
  await makeKinds(source);
  await insertRaw(source, 'values', everyValue(), await insertOptions(source));
  const reported: string[] = [];
  await copyDatabase(source, target, signal, (line) => reported.push(line));
  expect(await everyByteOf(target)).toEqual(await everyByteOf(source));
  expect(reported).toEqual([]);
});

test('a document that the server does not take is reported in one line', async () => {
  const [{ db: source }, { db: target, uri }] = [await testDatabase(), await testDatabase()];
  await source.collection('engines').insertOne({ title: 'Merlin' });
  const { uri: line } = await tapTo(uri, ({ insert }) =>
    insert === 'engines' ? { ok: 1, n: 0, writeErrors: [{ index: 0, code: 2, errmsg: 'no such date' }] } : undefined,
  );
  const client = await MongoClient.connect(line);
  atEnd(() => client.close());
  const copying = copyDatabase(source, client.db(target.databaseName), signal, () => {});
  const message = 'A document of engines cannot be copied: no such date.';
  await expect(copying).rejects.toMatchObject({ name: 'OperatorError', message });
});

test('what cannot be copied as it is is left out by name', async () => {
  const [{ db: source }, { db: target }] = [await testDatabase(), await testDatabase()];
  await source.collection('engines').insertOne({ title: 'Merlin' });
  await source.command({ createIndexes: 'stages', indexes: [{ key: { 10: 1, 9: 1 }, name: 'odd' }] });
  const reported: string[] = [];
  await copyDatabase(source, target, signal, (line) => reported.push(line));
  expect(reported).toEqual([expect.stringMatching(/^Not in the copy: stages, because it has the index odd /)]);
  expect(Object.keys(await everyByteOf(target))).toEqual(['engines']);
});
