import { expect, test } from '@jest/globals';
import { migrating } from '../migrations.ts';
import { testDatabase } from '../testing/database.ts';
import { migrationsFolder } from '../testing/migrations-folder.ts';
import { rehearse } from './rehearse.ts';
import { run } from './runner.ts';
import { up } from './verbs.ts';

const FIRST = '20260101000000-first.ts';
const SECOND = '20260202000000-second.ts';

const set = "await db.collection('things').updateMany({}, { $set: { size: 1 } });";
const unset = "await db.collection('things').updateMany({}, { $unset: { size: '' } });";

async function rehearsed(migrations: Parameters<typeof migrationsFolder>[0]) {
  const database = await testDatabase();
  const { db, connection } = database;
  const folder = migrationsFolder(migrations);
  await db.collection('things').insertMany([{ name: 'a' }, { name: 'b' }]);
  await db.collection('things').createIndex({ name: 1 });
  const before = await db.collection('things').find().toArray();
  const rehearsal = await rehearse({ ...migrating(database, 'test'), folder });
  expect(await db.collection('things').find().toArray()).toEqual(before);
  const { databases } = await connection.getClient().db().admin().listDatabases();
  expect(databases.filter(({ name }) => name.startsWith('rehearsal-'))).toEqual([]);
  return { rehearsal, database, folder };
}

test('a migration whose down takes back its up is rehearsed on a copy, and the database stays as it is', async () => {
  const { rehearsal, database, folder } = await rehearsed({ [FIRST]: { up: set, down: unset } });
  expect(rehearsal).toMatchObject({ files: [FIRST], differences: [] });
  expect(Object.keys(rehearsal.took)).toEqual(['copy', 'up', 'down', 'up again']);
  await run({ ...migrating(database, 'test'), folder }, up(folder));
  expect((await rehearse({ ...migrating(database, 'test'), folder })).files).toEqual([]);
});

test('what does not come back is named', async () => {
  const { rehearsal } = await rehearsed({
    [FIRST]: { up: set },
    [SECOND]: { up: "await db.collection('things').createIndex({ size: 1 });", down: unset },
  });
  expect(rehearsal.differences).toEqual(['the indexes of things differ after down']);
});
