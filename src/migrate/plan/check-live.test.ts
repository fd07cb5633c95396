import { expect, test } from '@jest/globals';
import { migrating } from '../../migrations.ts';
import { testDatabase } from '../../testing/database.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { run } from '../run/runner.ts';
import { readState } from '../run/state.ts';
import { stepsTo } from '../run/steps.ts';
import { checkLive } from './check-live.ts';

const FIRST = '20260101000000-make.ts';
const SECOND = '20260202000000-rename.ts';

test('a collection that is there again under its old name is reported, until it is gone', async () => {
  const database = await testDatabase();
  const { db, connection } = database;
  const folder = migrationsFolder({
    [FIRST]: { up: "await db.createCollection('missions');" },
    [SECOND]: {
      up: "await renameCollection(db, 'missions', 'flights');",
      down: "await renameCollection(db, 'flights', 'missions');",
      more: "import { renameCollection } from '#migrate';",
    },
  });
  const subject = { client: connection.getClient(), databaseName: db.databaseName, folder };
  const check = async () => checkLive(await readState(db, folder), subject);
  await run({ ...migrating(database, 'test'), folder }, (state) => stepsTo(state, 'head'));
  await db.createCollection('notes'); // which no migration ever made
  expect(await check()).toEqual([]);
  await db.collection('missions').insertOne({ by: 'an old version' });
  expect(await check()).toEqual([
    {
      rule: 'live',
      file: SECOND,
      message: 'and the migrations before it leave no collection missions, but this database has one.',
      remedy: 'Stop the program that writes to missions, move its documents to where they belong, and drop it.',
    },
  ]);
  await db.dropCollection('missions');
  expect(await check()).toEqual([]);
});
