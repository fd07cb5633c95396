import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { migrating } from '../../migrations.ts';
import { testDatabase, type TestDatabase } from '../../testing/database.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readHistory } from './journal.ts';
import { LEASE_COLLECTION } from '../../own-collections.ts';
import { run, type Migrating } from './runner.ts';
import { readState, type State } from './state.ts';
import { stepsDown, stepsToResume, stepsToRollBack, stepsToStamp, stepsTo, stepsUp } from './steps.ts';

const FIRST = '20260101000000-first.ts';
const SECOND = '20260202000000-second.ts';
const THIRD = '20260303000000-third.ts';

const insert = (name: string) => ({
  up: `await db.collection('log').insertOne({ _id: '${name}' });`,
  down: `await db.collection('log').deleteOne({ _id: '${name}' });`,
});

const three = () => migrationsFolder({ [FIRST]: insert('1'), [SECOND]: insert('2'), [THIRD]: insert('3') });

const context = (database: TestDatabase, folder: string, more: Partial<Migrating> = {}): Migrating => ({
  ...migrating(database, 'test'),
  folder,
  ...more,
});

const logged = async ({ db }: TestDatabase) =>
  (await db.collection('log').find().sort({ _id: 1 }).toArray()).map(({ _id }) => String(_id));

const applied = async ({ db }: TestDatabase) => (await readHistory(db)).applied.map(({ fileName }) => fileName);

describe('up and down', () => {
  test('go through the files in order, and leave a history of it', async () => {
    const database = await testDatabase();
    const folder = three();
    await run(context(database, folder), stepsUp);
    expect(await logged(database)).toEqual(['1', '2', '3']);
    await run(context(database, folder), (state) => stepsDown(state));
    expect(await logged(database)).toEqual(['1', '2']);
    expect(await applied(database)).toEqual([FIRST, SECOND]);
    const { entries } = await readHistory(database.db);
    expect(entries.map(({ _id, fileName, action, state }) => [_id, fileName, action, state])).toEqual([
      [1, FIRST, 'up', 'done'],
      [2, SECOND, 'up', 'done'],
      [3, THIRD, 'up', 'done'],
      [4, THIRD, 'down', 'done'],
    ]);
    expect(entries[3]).toMatchObject({ fileHash: entries[2]?.fileHash, counts: { deleteOne: 1, deletedCount: 1 } });
    expect(entries[0]?.owner).toMatchObject({ pid: process.pid, command: 'test' });
  });

  test('take back a whole block at once if asked to', async () => {
    const database = await testDatabase();
    const folder = three();
    await run(context(database, folder), (state) => stepsTo(state, FIRST));
    await run(context(database, folder), stepsUp);
    await run(context(database, folder), (state) => stepsDown(state, true));
    expect(await applied(database)).toEqual([FIRST]);
  });

  test('of three processes at once apply each migration once, in each of 20 rounds', async () => {
    const database = await testDatabase();
    const { db } = database;
    const count = "await db.collection('count').updateOne({ _id: 1 }, { $inc: { n: 1 } }, { upsert: true });";
    const folder = migrationsFolder({ [FIRST]: { up: count, down: count }, [SECOND]: { up: count, down: count } });
    const clients = await Promise.all([1, 2, 3].map(() => MongoClient.connect(database.uri)));
    atEnd(() => Promise.all(clients.map((client) => client.close())));
    for (let round = 1; round <= 20; round += 1) {
      const done = await Promise.all(clients.map((client) => run(context(database, folder, { client }), stepsUp)));
      expect(done.flat().map(({ file }) => file.name)).toEqual([FIRST, SECOND]);
      await run(context(database, folder), (state) => stepsTo(state, 'base'));
      expect(await db.collection('count').findOne()).toEqual({ _id: 1, n: round * 4 });
    }
  });

  test('say for whom they waited in vain', async () => {
    const database = await testDatabase();
    const folder = migrationsFolder({ [FIRST]: { up: 'await new Promise((done) => { globalThis.letGo = done; });' } });
    const lines: string[] = [];
    const slow = run(context(database, folder), stepsUp);
    const { db } = database;
    while ((await db.collection(LEASE_COLLECTION).countDocuments({ owner: { $exists: true } })) === 0) await sleep(5);
    const impatient = { waitSeconds: 0.3, report: (line: string) => void lines.push(line) };
    await expect(run(context(database, folder, impatient), stepsUp)).rejects.toThrow(
      new RegExp(`^Process ${process.pid} on .* \\(test, since 20.*\\) is migrating this database`),
    );
    expect(lines).toEqual([expect.stringContaining('waiting up to 0.3 s')]);
    while (Reflect.get(globalThis, 'letGo') === undefined) await sleep(5);
    Reflect.get(globalThis, 'letGo')();
    await slow;
  });

  test('run in a transaction if the migration asks for it, which leaves nothing when it fails', async () => {
    const database = await testDatabase();
    const more = 'export const transaction = true;';
    const fails = { up: `${insert('1').up} throw new Error('no');`, more };
    const folder = migrationsFolder({ [FIRST]: fails });
    await database.db.createCollection('log');
    await expect(run(context(database, folder), stepsUp)).rejects.toThrow('Nothing was changed');
    expect(await logged(database)).toEqual([]);
    expect((await readState(database.db, folder)).unfinished).toEqual([]);
    const mended = migrationsFolder({ [FIRST]: { ...insert('1'), more } });
    await run(context(database, mended), stepsUp);
    expect(await logged(database)).toEqual(['1']);
  });
});

describe('a migration that failed half-way', () => {
  const half = { up: `${insert('1').up} throw new Error('the second half is wrong');`, down: insert('1').down };

  async function failed() {
    const database = await testDatabase();
    const folder = migrationsFolder({ [FIRST]: half, [SECOND]: insert('2') });
    await expect(run(context(database, folder), stepsUp)).rejects.toThrow(
      `Could not migrate up ${FIRST}: the second half is wrong. It had begun to write`,
    );
    return { database, folder };
  }

  test('is reported, and stands in the way of everything else', async () => {
    const { database, folder } = await failed();
    for (const choose of [stepsUp, stepsDown, (state: State) => stepsTo(state, 'head')])
      await expect(run(context(database, folder), (state) => choose(state))).rejects.toThrow(
        new RegExp(`^${FIRST} failed half-way: its up of .* ended with "the second half is wrong".*migrate:resume`),
      );
    expect(await applied(database)).toEqual([]);
  });

  test('can be mended and resumed', async () => {
    const { database } = await failed();
    const mended = { up: "await db.collection('log').insertOne({ _id: 'mended' });" };
    const folder = migrationsFolder({ [FIRST]: mended, [SECOND]: insert('2') });
    const [entry] = (await readHistory(database.db)).unfinished;
    await run(context(database, folder), stepsToResume);
    expect(await logged(database)).toEqual(['1', 'mended']);
    expect((await readHistory(database.db)).entries.at(-1)?.fileHash).not.toBe(entry?.fileHash);
    await run(context(database, folder), stepsUp);
    expect(await applied(database)).toEqual([FIRST, SECOND]);
  });

  test('stays unfinished if it cannot be resumed either', async () => {
    const { database } = await failed();
    const folder = migrationsFolder({ [FIRST]: { up: "throw new Error('still wrong');" } });
    await expect(run(context(database, folder), stepsToResume)).rejects.toThrow('It had begun to write');
    await expect(run(context(database, folder), stepsUp)).rejects.toThrow('failed half-way');
  });

  test('can be rolled back, or marked as applied', async () => {
    const { database, folder } = await failed();
    await run(context(database, folder), stepsToRollBack);
    expect(await logged(database)).toEqual([]);
    await expect(run(context(database, folder), stepsUp)).rejects.toThrow('the second half is wrong');
    await run(context(database, folder), (state) => stepsToStamp(state, FIRST));
    expect(await applied(database)).toEqual([FIRST]);
    await run(context(database, folder), stepsUp);
    expect(await logged(database)).toEqual(['1', '2']);
  });

  test.each([
    ['a read', "await db.collection('log').findOne(); throw new Error('not today')"],
    ['a write that the server refused', "await db.command({ collMod: 'nowhere', validator: {} })"],
  ])('after no more than %s may simply be run again', async (_what, failing) => {
    const database = await testDatabase();
    const folder = migrationsFolder({ [FIRST]: { up: failing } });
    await expect(run(context(database, folder), stepsUp)).rejects.toThrow('Nothing was changed');
    const mended = migrationsFolder({ [FIRST]: insert('1') });
    await run(context(database, mended), stepsUp);
    expect(await logged(database)).toEqual(['1']);
  });
});

describe('moving about', () => {
  test.each([
    ['head', 3],
    ['base', 0],
    [FIRST, 1],
    ['20260202', 2],
    ['+1', 3],
    ['-2', 0],
  ])('to %s leaves %i applied', async (target, count) => {
    const database = await testDatabase();
    const folder = three();
    await run(context(database, folder), (state) => stepsToStamp(state, SECOND));
    expect(await logged(database)).toEqual([]);
    await run(context(database, folder), (state) => stepsTo(state, target));
    expect(await applied(database)).toEqual([FIRST, SECOND, THIRD].slice(0, count));
  });

  test('a stamp notes the hash of an edited file, and leaves known when and in which block it was applied', async () => {
    const database = await testDatabase();
    const folder = three();
    await run(context(database, folder), (state) => stepsTo(state, 'head'));
    const before = (await readHistory(database.db)).applied;
    const edited = migrationsFolder({ [FIRST]: insert('1'), [SECOND]: insert('edited'), [THIRD]: insert('3') });
    await run(context(database, edited), (state) => stepsToStamp(state, 'head'));
    const { files } = await readState(database.db, edited);
    expect((await readHistory(database.db)).applied).toEqual(
      before.map((entry, place) => ({ ...entry, fileHash: files[place]?.hash })),
    );
    expect(await run(context(database, edited), (state) => stepsDown(state, true))).toHaveLength(3);
  });

  test.each(['+5', 'x', '2026'])('to %s is refused', async (target) => {
    const database = await testDatabase();
    const folder = three();
    await expect(run(context(database, folder), (state) => stepsTo(state, target))).rejects.toThrow(
      /goes beyond|No migration matches|Several migrations match/,
    );
  });
});
