import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Db } from 'mongodb';
import { MIGRATIONS, takeLease, thisProcess } from '../../lease/index.ts';
import { LEASE_COLLECTION } from '../../own-collections.ts';
import { archiveFile } from '../../testing/dumped-fleet.ts';
import { archiveOf } from '../../testing/mongodump-archive.ts';
import { testDatabase } from '../../testing/database.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';
import { verify } from './verify.ts';
import { silent } from './watch.ts';

const quiet = { watch: silent };

const names = async (db: Db) => (await db.listCollections().toArray()).map(({ name }) => name).toSorted();

/** A database that a process migrates. */
async function migrated() {
  const { db } = await testDatabase();
  const { lease } = await takeLease(db, MIGRATIONS, { owner: thisProcess('up'), leaseSeconds: 60, lost: 'lost' });
  if (lease === undefined) throw new Error('another process migrates');
  await db.collection('engines').insertOne({ title: 'Merlin' });
  return { db, lease };
}

test('a database is not restored while a process migrates it', async () => {
  const { db, lease } = await migrated();
  const { directory } = await backup(db, join(temporaryFolder(), 'made'), quiet);
  await db.collection('engines').insertOne({ title: 'Raptor' });
  const again = () => restore(db.client, directory, { to: db.databaseName, replace: true, ...quiet });
  await expect(again()).rejects.toThrow(
    new RegExp(
      `^Process ${process.pid} on .* \\(up, since .*\\) is migrating ${db.databaseName}\\. Wait until it is done`,
    ),
  );
  expect(await names(db)).toEqual(['engines', LEASE_COLLECTION]);
  expect(await db.collection('engines').countDocuments()).toBe(2);
  await lease.release();
  await again();
  expect(await db.collection('engines').countDocuments()).toBe(1);
});

test('who migrates is in no backup, and stays as it is in a restore of one that has it', async () => {
  const { db, lease } = await migrated();
  const { manifest } = await backup(db, join(temporaryFolder(), 'made'), quiet);
  expect(manifest.collections.map(({ name }) => name)).toEqual(['engines']);
  await lease.release();
  const before = await db.collection(LEASE_COLLECTION).find().toArray();
  const dumped = { name: LEASE_COLLECTION, documents: [{ _id: 'migrations', token: 1 }] };
  const archive = archiveFile(archiveOf({ fleet: [{ name: 'engines', documents: [{ _id: 1 }, { _id: 2 }] }, dumped] }));
  const { collections, leftAlone } = await restore(db.client, archive, {
    to: db.databaseName,
    replace: true,
    ...quiet,
  });
  expect([collections, leftAlone]).toEqual([[{ name: 'engines', documents: 2 }], []]);
  expect(await db.collection(LEASE_COLLECTION).find().toArray()).toEqual(before);
  expect(await verify(db.client, archive, silent)).toMatchObject({ defects: [], collections: [{ name: 'engines' }] });
});
