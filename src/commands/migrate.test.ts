import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { MIGRATIONS, migrating } from '../migrations.ts';
import { readHistory } from '../migrate/run/journal.ts';
import { run as runMigrations } from '../migrate/run/runner.ts';
import { readState } from '../migrate/run/state.ts';
import { stepsToResume } from '../migrate/run/steps.ts';
import { testDatabase, type TestDatabase } from '../testing/database.ts';
import { archiveFile, ENGINES } from '../testing/dumped-fleet.ts';
import { archiveOf } from '../testing/mongodump-archive.ts';
import { migrationsFolder, ownMigrations } from '../testing/migrations-folder.ts';
import { runHere } from '../testing/commands.ts';
import { launch, run, temporaryFolder } from '../testing/processes.ts';

const instance = temporaryFolder();
const BARE = 'node_modules/.bin/migrate-mongo';
const cli = ({ uri }: TestDatabase, ...parameters: string[]) =>
  runHere(parameters, { MONGODB_URI: uri, INSTANCE_PATH: instance });

const times = { createdAt: new Date(), updatedAt: new Date() };

/** Slow enough to be caught in the middle. */
const SLOW = '20260101000000-slow.ts';
const COUNT = 25;
const slow = migrationsFolder({
  [SLOW]: {
    up: `await backfill(db.collection('things'), {
      label: 'things', filter: { x: 1 }, batchSize: 1,
      convert: async (batch) => {
        await new Promise((done) => setTimeout(done, 25));
        return batch.map(({ _id }) => ({ updateOne: { filter: { _id, x: 1 }, update: { $inc: { x: 1 } } } }));
      },
    });`,
  },
});

/** Starts the slow migration, and waits until it writes. */
async function startSlow(database: TestDatabase, leaseSeconds: number) {
  const things = database.db.collection('things');
  await things.insertMany(Array.from({ length: COUNT }, () => ({ x: 1 })));
  const command = [BARE, 'up', '--migrations-dir', slow];
  const env = { MONGODB_URI: database.uri, MIGRATIONS_LEASE_SECONDS: String(leaseSeconds) };
  const process = launch(command, env);
  while ((await things.countDocuments({ x: 2 })) === 0) await sleep(20);
  return process;
}

describe('migrate-mongo up', () => {
  test('started three times at once applies each migration once', async () => {
    const database = await testDatabase();
    const outcomes = await Promise.all([1, 2, 3].map(() => run([BARE, 'up'], { MONGODB_URI: database.uri })));
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    const names = (await readState(database.db, MIGRATIONS)).files.map(({ name }) => name);
    const lines = outcomes.flatMap(({ stdout }) => stdout.split('\n').filter((line) => line !== ''));
    expect(lines.toSorted()).toEqual(names.map((name) => `MIGRATED UP: ${name}`));
    expect((await readHistory(database.db)).entries).toHaveLength(names.length);
  });

  test('that stood still while another took over writes nothing more', async () => {
    const database = await testDatabase();
    const { child, ended } = await startSlow(database, 1);
    child.kill('SIGSTOP');
    await runMigrations({ ...migrating(database, 'test'), folder: slow }, stepsToResume);
    const things = database.db.collection('things');
    expect(await things.countDocuments({ x: 2 })).toBe(COUNT);
    await things.updateMany({}, { $set: { x: 1 } });
    child.kill('SIGCONT');
    expect(await ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('could not keep its right to migrate'),
    });
    expect(await things.countDocuments({ x: 1 })).toBe(COUNT);
    expect((await readHistory(database.db)).unfinished).toEqual([]);
  });

  test('that is killed is reported as unfinished, and continues where it was when it is resumed', async () => {
    const database = await testDatabase();
    const { child, ended } = await startSlow(database, 1);
    child.kill('SIGKILL');
    expect(await ended).toMatchObject({ code: null });
    const converted = await database.db.collection('things').countDocuments({ x: 2 });
    const [open] = (await readHistory(database.db)).unfinished;
    // Between a batch and its note lies one batch of one document.
    const { done } = Object.values(open?.checkpoints ?? {})[0] ?? { done: 0 };
    expect([done, done + 1]).toContain(converted);
    await runMigrations({ ...migrating(database, 'test'), folder: slow }, stepsToResume);
    expect(await database.db.collection('things').countDocuments({ x: 2 })).toBe(COUNT);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends in order by %s, and can be resumed', async (signal) => {
    const database = await testDatabase();
    const { child, ended } = await startSlow(database, 60);
    child.kill(signal);
    child.kill(signal); // as under npm, where Ctrl-C arrives twice
    expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining('It was interrupted. It had begun') });
    const [open] = (await readHistory(database.db)).unfinished;
    expect(open).toMatchObject({ fileName: SLOW, state: 'failed', counts: { modifiedCount: expect.any(Number) } });
    await runMigrations({ ...migrating(database, 'test'), folder: slow }, stepsToResume);
    expect(await database.db.collection('things').countDocuments({ x: 2 })).toBe(COUNT);
  });
});

describe('the migrate commands', () => {
  test('report the same as migrate-mongo, and end with the right exit code', async () => {
    const database = await testDatabase();
    const pending = JSON.parse((await cli(database, 'migrate:status', '--json')).stdout);
    expect(pending).toMatchObject({
      migrations: ownMigrations.map((fileName) => ({ fileName, state: 'pending' })),
      running: null,
    });
    expect((await cli(database, 'migrate:to', '+1')).stdout).toContain('MIGRATED UP: 20260501090000');
    expect((await cli(database, 'migrate:to', '-1')).stdout).toContain('MIGRATED DOWN: 20260501090000');
    const history = JSON.parse((await cli(database, 'migrate:history', '--json')).stdout);
    expect(history).toMatchObject([
      { action: 'up', state: 'done' },
      { action: 'down', state: 'done' },
    ]);
    expect(await cli(database, 'migrate:check')).toMatchObject({ code: 0, stdout: '' });
    await database.db.collection('changelog').insertOne({ fileName: '20250101000000-gone.ts', appliedAt: new Date() });
    const { code, stdout } = await cli(database, 'migrate:check', '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([1, [{ rule: 'missing', file: '20250101000000-gone.ts' }]]);
  });

  test('pause backfills or limit them, each without taking back the other, until they are resumed', async () => {
    const database = await testDatabase();
    const control = async (...parameters: string[]) => {
      expect(await cli(database, ...parameters)).toMatchObject({ code: 0 });
      const { paused, rate } = JSON.parse((await cli(database, 'migrate:status', '--json')).stdout).control;
      return { paused, rate };
    };
    expect(await control('migrate:pause', '--rate', '5')).toEqual({ paused: false, rate: 5 });
    expect(await control('migrate:pause')).toEqual({ paused: true, rate: 5 });
    expect(await control('migrate:resume')).toEqual({ paused: false, rate: undefined });
  });

  test('rehearse on the newest backup, and delete an archive for good on demand', async () => {
    const database = await testDatabase();
    const { db } = database;
    await cli(database, 'migrate:to', ownMigrations[1] ?? '');
    await db.collection('engines').insertOne({ title: 'Merlin', thrust: 1, lastFired: new Date(), ...times });
    const rehearse = async () => cli(database, 'migrate:rehearse', '--from-backup', '--json');
    expect(await rehearse()).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no backup of') });
    expect(await cli(database, 'migrate:to', ownMigrations[0] ?? '')).toMatchObject({ code: 0 });
    expect(await cli(database, 'db:backup')).toMatchObject({ code: 0 });
    const rehearsed = await rehearse();
    expect(JSON.parse(rehearsed.stdout)).toMatchObject({
      files: ownMigrations.slice(1),
      differences: [],
    });
    const archive = { name: 'archive.engines.lastFired', documents: 1 };
    expect(JSON.parse((await cli(database, 'migrate:purge', '--json')).stdout)).toContainEqual(archive);
    expect(JSON.parse((await cli(database, 'migrate:purge', archive.name, '--json')).stdout)).toEqual([archive]);
    await cli(database, 'migrate:to', 'head');
    expect(await db.collection('engines').findOne()).toMatchObject({ title: 'Merlin', lastFired: null });
  });

  test('rehearse on one of the databases in an archive of mongodump', async () => {
    const database = await testDatabase();
    const archive = archiveFile(archiveOf({ crew: [{ name: 'members', documents: [{ _id: 1 }] }], fleet: [ENGINES] }));
    const rehearse = (...parameters: string[]) => cli(database, 'migrate:rehearse', ...parameters, '--json');
    const unclear = await rehearse('--from-backup', archive);
    expect(unclear).toMatchObject({ code: 1, stderr: expect.stringContaining('Choose one, as with --from crew.') });
    const { stdout } = await rehearse('--from-backup', archive, '--from', 'crew');
    expect(JSON.parse(stdout)).toMatchObject({ files: ownMigrations, differences: [] });
    expect(await rehearse('--from', 'crew')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--from works only with --from-backup.'),
    });
  });
});
