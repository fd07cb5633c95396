import { readdirSync, writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { bsonOf, element, int32, int64, text } from '../../testing/bson-bytes.ts';
import { everyValue, nothing } from '../../testing/bson-values.ts';
import { testDatabase } from '../../testing/database.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { backup } from './backup.ts';
import { storedBatches } from './documents.ts';
import { insertOptions, insertRaw } from './raw-insert.ts';
import { restore } from './restore.ts';
import { silent } from './watch.ts';

const quiet = { watch: silent };
const folder = () => join(temporaryFolder(), 'made');

test('every type comes back byte for byte', async () => {
  const { db: source } = await testDatabase();
  const documents = everyValue();
  await insertRaw(source, 'values', documents, await insertOptions(source));
  const { directory } = await backup(source, folder(), quiet);
  const { db: target } = await testDatabase();
  await restore(target.client, directory, { to: target.databaseName, ...quiet });
  const found: string[] = [];
  for await (const batch of storedBatches(target.collection('values')))
    for (const document of batch) found.push(Buffer.from(document).toString('hex'));
  expect(found).toEqual(documents.map((bytes) => bytes.toString('hex')));
});

/** What MongoDB keeps and SecantusDB changes or refuses: types of the past, and bytes that are only valid by a hair. */
const NOT_KEPT: Record<string, Buffer[]> = {
  undefined: [element(6, 'value', nothing)],
  DBPointer: [element(12, 'value', Buffer.concat([text('a.b'), Buffer.alloc(12, 3)]))],
  symbol: [element(14, 'value', text('s'))],
  'a name twice': [element(16, 'value', int32(1)), element(16, 'value', int32(2))],
  'a name twice, inside': [element(3, 'value', bsonOf(element(16, 'a', int32(1)), element(16, 'a', int32(2))))],
  'an array whose members have other names': [element(4, 'value', bsonOf(element(16, '5', int32(1))))],
  'options of a regular expression out of order': [element(11, 'value', Buffer.from('a\0smi\0'))],
  'text that is no UTF-8': [element(2, 'value', text(Buffer.from([0xff, 0xfe])))],
  'half a surrogate': [element(2, 'value', text(Buffer.from([0xed, 0xa0, 0x80])))],
  'a name that is no UTF-8': [element(3, 'value', bsonOf(element(16, Buffer.from([0xff]), int32(1))))],
  'the last date of 64 bits': [element(9, 'value', int64(2n ** 63n - 1n))],
  'the first date of 64 bits': [element(9, 'value', int64(-(2n ** 63n)))],
};

test.each(Object.entries(NOT_KEPT))(
  'what a server does not keep is named, and leaves nothing: %s',
  async (_name, value) => {
    const { db: source } = await testDatabase();
    await source.collection('values').insertOne({ title: 'Merlin' });
    const { directory } = await backup(source, folder(), quiet);
    const documents = [bsonOf(element(16, '_id', int32(1))), bsonOf(element(16, '_id', int32(2)), ...value)];
    writeFileSync(join(directory, source.databaseName, 'values.bson'), Buffer.concat(documents));
    for (const name of readdirSync(directory)) if (name.startsWith('manifest')) rmSync(join(directory, name));
    const { db } = await testDatabase();
    const restoring = restore(db.client, directory, { to: db.databaseName, ...quiet });
    await expect(restoring).rejects.toThrow(
      /does not take document 2 of values|document 2 is the first that this server does not keep byte for byte/,
    );
    expect(await db.listCollections().toArray()).toEqual([]);
  },
);
