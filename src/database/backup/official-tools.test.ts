import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { findMongoTools, runTool, underName } from '../../testing/mongo-tools.ts';
import { everyValue } from '../../testing/bson-values.ts';
import { ownServer, testDatabase } from '../../testing/database.ts';
import { everyByteOf, makeKinds } from '../../testing/kinds-of-collection.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { backup } from './backup.ts';
import { isSimple } from './collections.ts';
import { insertOptions, insertRaw } from './raw-insert.ts';
import { restore } from './restore.ts';
import { silent } from './watch.ts';

// Jest reports that they are skipped where neither PATH nor MONGO_TOOLS has the tools.
const tools = findMongoTools();
const onTools = tools ? describe : describe.skip;

const NAMES = ['engines', 'Engines', 'a b', 'a+b', 'a/b', 'dots.and-_~', 'ü'.repeat(70)];
const { signal } = new AbortController();

/** A database with odd names, every kind of collection and view, and every type of value. */
async function source(server?: string) {
  const database = await testDatabase(server);
  const { db } = database;
  await makeKinds(db);
  for (const name of NAMES) await db.collection<{ _id: string }>(name).insertOne({ _id: name });
  await insertRaw(db, 'values', everyValue(), await insertOptions(db));
  return database;
}

/**
 * Without what mongorestore does otherwise: it adds the name space, which MongoDB has ignored since 4.4, and the collation
 * `simple`, which is none; and it puts the documents of a time series into buckets, which SecantusDB does not have.
 */
function comparable(found: Awaited<ReturnType<typeof everyByteOf>>) {
  const plain = ({ ns: _ns, collation, ...index }: Document) =>
    isSimple(collation) || collation === undefined ? index : { ...index, collation };
  return Object.entries(found).map(([name, { type, options, indexes, documents }]) => {
    const lasting = type === 'timeseries' ? [] : documents;
    return { name, type, options, indexes: indexes.map(plain), documents: lasting };
  });
}

onTools('the official tools', () => {
  const forms = ['--out', '--archive'].flatMap(
    (form) =>
      [
        [form, []],
        [form, ['--gzip']],
      ] as [string, string[]][],
  );

  test.each(forms)('write with %s and %j what db:restore reads', async (form, options) => {
    const [{ db, uri }, { db: target }] = [await source(), await testDatabase()];
    const made = join(temporaryFolder(), 'made');
    await runTool(tools?.mongodump ?? '', [`--uri=${uri}`, `${form}=${made}`, ...options], signal);
    await restore(db.client, made, { to: target.databaseName, watch: silent });
    expect(await everyByteOf(target)).toEqual(await everyByteOf(db));
  });

  test.each(forms)('write all databases and the oplog with %s and %j, which it reports', async (form, options) => {
    const server = await ownServer();
    const { db } = await source(server);
    const made = join(temporaryFolder(), 'made');
    await runTool(tools?.mongodump ?? '', [`--uri=${server}`, '--oplog', `${form}=${made}`, ...options], signal);
    const lines: string[] = [];
    const watch = { ...silent, report: (line: string) => lines.push(line) };
    await restore(db.client, made, { from: db.databaseName, to: 'target', watch });
    expect(await everyByteOf(db.client.db('target'))).toEqual(await everyByteOf(db));
    expect(lines).toContainEqual(expect.stringMatching(/^The oplog holds /));
  });

  test.each([[false], [true]])('restore what db:backup writes, gzip: %s', async (gzip) => {
    const [{ db, uri }, { db: target }] = [await source(), await testDatabase()];
    const { directory } = await backup(db, join(temporaryFolder(), 'made'), { gzip, watch: silent });
    const options = ['--keepIndexVersion', '--bypassDocumentValidation', ...(gzip ? ['--gzip'] : []), directory];
    const names = underName(uri, db.databaseName, target.databaseName);
    await runTool(tools?.mongorestore ?? '', [...names, ...options], signal);
    expect(comparable(await everyByteOf(target))).toEqual(comparable(await everyByteOf(db)));
  });
});
