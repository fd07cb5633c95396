import { expect, test } from '@jest/globals';
import { MongoClient, type Db } from 'mongodb';
import { migrating } from '../../migrations.ts';
import { testDatabase, type TestDatabase } from '../../testing/database.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { lineTo } from '../../testing/line.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readHistory } from './journal.ts';
import { LEASE_COLLECTION } from '../../own-collections.ts';
import { run, type Migrating } from './runner.ts';
import { readState } from './state.ts';
import { stepsToResume, stepsToRollBack, stepsTo, stepsUp } from './steps.ts';

const FIRST = '20260101000000-make.ts';
const SECOND = '20260202000000-convert.ts';
const COUNT = 7;

/** Counts how often a document is converted, so that doing it twice would show. */
const folder = migrationsFolder({
  [FIRST]: {
    up: "await db.collection('things').createIndex({ size: 1 });",
    down: "await db.collection('things').dropIndex('size_1').catch((error) => { if (error.code !== 27) throw error; });",
  },
  [SECOND]: {
    up: `await backfill(db.collection('things'), {
      label: 'things: a.b',
      filter: { converted: { $exists: false } },
      batchSize: 5,
      convert: async (batch) => batch.map(({ _id }) => ({
        updateOne: { filter: { _id, converted: { $exists: false } }, update: { $set: { converted: true }, $inc: { times: 1 } } },
      })),
    });`,
    down: `await db.collection('things').updateMany({ converted: true }, { $unset: { converted: '' }, $inc: { times: -1 } });`,
  },
});

const context = (database: TestDatabase, client: MongoClient): Migrating => ({
  ...migrating(database, 'test'),
  client,
  folder,
});

async function prepare({ db }: TestDatabase): Promise<void> {
  await db.dropDatabase();
  await db.collection('things').insertMany(Array.from({ length: COUNT }, (_, size) => ({ size, times: 0 })));
}

/** What the passing of time does to the lease of a process that is no more. */
const expireLease = (db: Db) =>
  db.collection(LEASE_COLLECTION).updateMany({ expiresAt: { $exists: true } }, { $set: { expiresAt: new Date(0) } });

async function expectMigrated({ db }: TestDatabase): Promise<void> {
  const things = await db.collection('things').find().sort({ size: 1 }).toArray();
  expect(things.map(({ times, converted }) => [times, converted])).toEqual(
    Array.from({ length: COUNT }, () => [1, true]),
  );
  expect(await db.collection('things').indexExists('size_1')).toBe(true);
  const { applied, unfinished } = await readHistory(db);
  expect(applied.map(({ fileName }) => fileName)).toEqual([FIRST, SECOND]);
  expect(unfinished).toEqual([]);
}

/** What must be reported as unfinished, judged by the data alone. */
async function halfDone({ db }: TestDatabase): Promise<string[]> {
  const { applied } = await readHistory(db);
  const things = db.collection('things');
  const touched = [
    [FIRST, await things.indexExists('size_1')],
    [SECOND, (await things.countDocuments({ converted: true })) > 0],
  ] as const;
  return touched.flatMap(([name, isTouched]) =>
    isTouched && !applied.some(({ fileName }) => fileName === name) ? [name] : [],
  );
}

test.each([
  ['resumed', stepsToResume],
  ['rolled back and begun again', stepsToRollBack],
] as const)('up, killed at each write in turn, then %s, ends as if nothing had happened', async (_how, mend) => {
  const database = await testDatabase();
  const { db, connection } = database;
  const healthy = context(database, connection.getClient());
  let unfinishedOnes = 0;
  let write = 1;
  for (; ; write += 1) {
    await prepare(database);
    const victim = await mortalClient(database.uri, write);
    await run(context(database, victim.client), stepsUp).catch(() => {});
    if (!victim.isDead()) break;
    await expireLease(db);
    const unfinished = (await readState(db, folder)).unfinished.map(({ fileName }) => fileName);
    expect(unfinished).toEqual(expect.arrayContaining(await halfDone(database)));
    if (unfinished.length > 0) {
      unfinishedOnes += 1;
      await expect(run(healthy, stepsUp)).rejects.toThrow('half-way');
      await run(healthy, mend);
    }
    await run(healthy, stepsUp);
    await expectMigrated(database);
  }
  await expectMigrated(database);
  expect(write).toBeGreaterThan(13);
  expect(unfinishedOnes).toBeGreaterThanOrEqual(7);
  await run(healthy, (state) => stepsTo(state, 'base'));
  expect(await db.collection('things').countDocuments({ times: 0, converted: { $exists: false } })).toBe(COUNT);
});

test('up that loses its database in the middle says so, and is resumed when it is back', async () => {
  const database = await testDatabase();
  const { db, uri, connection } = database;
  await prepare(database);
  const line = await lineTo(uri);
  const client = await new MongoClient(line.uri, { serverSelectionTimeoutMS: 300, monitorCommands: true }).connect();
  atEnd(() => client.close());
  client.on('commandStarted', ({ command }) => {
    if (command['update'] === 'things') line.cut();
  });
  await expect(run(context(database, client), stepsUp)).rejects.toThrow(
    /^Could not migrate up .* Run npm run migrate:status\.$/,
  );
  await line.restore();
  await expireLease(db);
  const healthy = context(database, connection.getClient());
  expect((await readState(db, folder)).unfinished).toMatchObject([{ fileName: SECOND, state: 'started' }]);
  await run(healthy, stepsToResume);
  await expectMigrated(database);
});
