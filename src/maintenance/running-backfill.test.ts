import { expect, test } from '@jest/globals';
import supertest from 'supertest';
import { readHistory } from '../migrate/run/journal.ts';
import { run } from '../migrate/run/runner.ts';
import { stepsUp } from '../migrate/run/steps.ts';
import { migrating } from '../migrations.ts';
import { serve } from '../testing.ts';
import { testDatabase } from '../testing/database.ts';
import { migrationsFolder } from '../testing/migrations-folder.ts';
import { launch } from '../testing/processes.ts';
import { until } from '../testing/until.ts';

const NAME = '20260101000000-double_things.ts';
const COUNT = 800;
const folder = migrationsFolder({
  [NAME]: {
    up: `await backfill(db.collection('things'), { label: 'things: x', filter: { x: 1 }, batchSize: 50, update: { $set: { x: 2 } } });
         await backfill(db.collection('things'), { label: 'things: y', filter: { y: 1 }, batchSize: 200, update: { $set: { y: 2 } } });`,
  },
});

/** A database with things to convert, and the API on it. */
async function prepared() {
  const database = await testDatabase();
  await database.db.collection('things').insertMany(Array.from({ length: COUNT }, () => ({ x: 1, y: 1 })));
  const api = supertest(await serve(database.connection, { migrations: [NAME] }));
  const read = async (path: string) => (await api.get(path).expect(200)).body;
  return {
    database,
    backfills: async () => read('/backfills'),
    migration: async () => (await read('/migrations'))[0],
    control: async (change: object) => api.patch('/backfills/control').send(change).expect(200),
  };
}

test('a backfill is paused, resumed and slowed down over the API, and its speed is that which it has', async () => {
  const { database, backfills, migration, control } = await prepared();
  expect([await backfills(), await migration()]).toEqual([[], { name: NAME, state: 'pending', appliedAt: null }]);
  await control({ paused: true });
  const running = run({ ...migrating(database, 'test'), folder }, stepsUp);

  await until(async () => (await backfills()).length > 0);
  const standing = { migration: NAME, label: 'things: x', total: COUNT, documentsPerSecond: null, secondsLeft: null };
  expect(await backfills()).toMatchObject([{ ...standing, done: 50 }]);
  expect(await migration()).toEqual({ name: NAME, state: 'running', appliedAt: null });

  await control({ paused: false, rate: 100 });
  await until(async () => (await backfills())[0]?.done >= 150);
  const [{ done, documentsPerSecond, secondsLeft }] = await backfills();
  expect(documentsPerSecond).toBeGreaterThan(0);
  expect(documentsPerSecond).toBeLessThan(110);
  expect(secondsLeft).toBe(Math.ceil((COUNT - done) / documentsPerSecond));

  await control({ rate: null });
  await until(async () => (await backfills())[0]?.label !== 'things: x');
  await running;
  expect(await backfills()).toEqual([]);
  expect(await migration()).toEqual({ name: NAME, state: 'applied', appliedAt: expect.any(String) });
  const [entry] = (await readHistory(database.db)).entries;
  const ended = { done: COUNT, hasEnded: true, changedAt: expect.any(Date) };
  expect(entry?.checkpoints).toMatchObject({ 'things: x': ended, 'things: y': ended });
});

test('a backfill whose process was killed shows no speed, and soon none at all: its migration is unfinished', async () => {
  const { database, backfills, migration, control } = await prepared();
  await control({ rate: 100 });
  const { child, ended } = launch(['node_modules/.bin/migrate-mongo', 'up', '--migrations-dir', folder], {
    MONGODB_URI: database.uri,
    MIGRATIONS_LEASE_SECONDS: '2',
  });
  await until(async () => (await backfills())[0]?.documentsPerSecond > 0);
  child.kill('SIGKILL');
  await ended;
  await until(async () => (await backfills()).length === 0);
  expect(await migration()).toEqual({ name: NAME, state: 'unfinished', appliedAt: null });
});
