import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { testDatabase } from '../../testing/database.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { backup } from './backup.ts';
import { verify } from './verify.ts';
import { silent } from './watch.ts';

const { db } = await testDatabase();
await db.createCollection('engines', { validator: { title: { $type: 'string' } } });
await db.collection('engines').insertMany(Array.from({ length: 20 }, (_, index) => ({ title: `Engine ${index}` })));
await db.collection('engines').createIndex({ title: 1 }, { unique: true });
await db.createCollection('strong', { viewOn: 'engines', pipeline: [] });

async function isThere(database: string): Promise<boolean> {
  const { databases } = await db.client.db('admin').admin().listDatabases({ nameOnly: true });
  return databases.some(({ name }) => name === database);
}

test('a backup in order is restored into a database of its own, which is dropped', async () => {
  const { directory } = await backup(db, join(temporaryFolder(), 'made'), { watch: silent });
  let scratch = '';
  const progress: typeof silent.progress = (label, total) => {
    scratch = /verify-[0-9a-f]{8}/.exec(label)?.[0] ?? scratch;
    return silent.progress(label, total);
  };
  expect(await verify(db.client, directory, { ...silent, progress })).toMatchObject({
    defects: [],
    collections: [
      { name: 'engines', documents: 20 },
      { name: 'strong', documents: 0 },
    ],
  });
  expect([scratch, await isThere(scratch)]).toEqual([expect.stringMatching(/^verify-/), false]);
});

test('a damaged backup is not restored', async () => {
  const { directory } = await backup(db, join(temporaryFolder(), 'made'), { watch: silent });
  const file = `${db.databaseName}/engines.bson`;
  appendFileSync(join(directory, file), '\0');
  const { defects } = await verify(db.client, directory, silent);
  expect(defects).toEqual([{ where: file, problem: expect.any(String) }]);
  expect(readdirSync(directory)).toContain('manifest.json');
});

test('what is another after a restore is named', async () => {
  const { directory } = await backup(db, join(temporaryFolder(), 'made'), { watch: silent });
  // Changes the scratch database when all is loaded, as a faulty server would.
  const changing = {
    ...silent,
    progress: (label: string) => ({
      advance() {},
      stop() {
        if (label.startsWith('Restoring')) changes = change(label.slice('Restoring '.length));
      },
    }),
  };
  const change = async (name: string) => {
    await db.client.db(name).collection('engines').dropIndexes();
    await db.client.db(name).command({ collMod: 'engines', validator: {} });
  };
  let changes: Promise<void> = Promise.resolve();
  const { defects } = await verify(db.client, directory, changing);
  await changes;
  expect(defects).toEqual(
    expect.arrayContaining([{ where: 'engines', problem: 'has another index title_1 after a restore, or none' }]),
  );
});
