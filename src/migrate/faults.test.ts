import { expect, test } from '@jest/globals';
import { MongoClient, type Db } from 'mongodb';
import { migrating } from '../migrations.ts';
import { testDatabase, type TestDatabase } from '../testing/database.ts';
import { atEnd } from '../testing/cleanup.ts';
import { migrationsFolder } from '../testing/migrations-folder.ts';
import { readHistory } from './journal.ts';
import { LEASE_COLLECTION } from './lease.ts';
import { readState, run, type Migrating } from './runner.ts';
import { resume, rollback, to, up } from './verbs.ts';

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

/**
 * What a process that is killed at its n-th command leaves: the command has not been sent, or its answer never came,
 * and nothing comes after it.
 */
function dieAt(client: MongoClient, command: number, when: 'commandStarted' | 'commandSucceeded'): () => boolean {
  let seen = 0;
  let isDead = false;
  const die = () => {
    isDead = true;
    throw new Error('killed');
  };
  client.on('commandStarted', () => {
    if (isDead) die();
  });
  client.on(when, () => {
    seen += 1;
    if (seen >= command) die();
  });
  return () => isDead;
}

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

async function newClient({ uri }: TestDatabase): Promise<MongoClient> {
  const client = await MongoClient.connect(uri, { monitorCommands: true, retryReads: false });
  atEnd(() => client.close());
  return client;
}

/** What must be reported as unfinished, told from the data alone. */
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
  ['before it is sent', 'commandStarted', resume(folder)],
  ['before its answer comes', 'commandSucceeded', rollback(folder)],
] as const)(
  'up, killed at each command in turn %s, then resumed or rolled back, ends as if nothing had happened',
  async (_at, when, mend) => {
    const database = await testDatabase();
    const { db, connection } = database;
    const healthy = context(database, connection.getClient());
    let kills = 0;
    for (let command = 1; ; command += 1) {
      await prepare(database);
      const victim = await newClient(database);
      const isDead = dieAt(victim, command, when);
      await run(context(database, victim), up(folder)).catch(() => {});
      if (!isDead()) break;
      kills += 1;
      await expireLease(db);
      const unfinished = (await readState(db, folder)).unfinished.map(({ fileName }) => fileName);
      expect(unfinished).toEqual(expect.arrayContaining(await halfDone(database)));
      if (unfinished.length > 0) {
        await expect(run(healthy, up(folder))).rejects.toThrow('half-way');
        await run(healthy, mend);
      }
      await run(healthy, up(folder));
      await expectMigrated(database);
    }
    await expectMigrated(database);
    expect(kills).toBeGreaterThan(20);
    await run(healthy, to(folder, 'base'));
    expect(await db.collection('things').countDocuments({ times: 0, converted: { $exists: false } })).toBe(COUNT);
  },
);
