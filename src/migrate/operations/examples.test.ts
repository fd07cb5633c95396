import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Double, type Db, type Document } from 'mongodb';
import { projectRoot } from '../../config.ts';
import { migrating } from '../../migrations.ts';
import { testDatabase } from '../../testing/database.ts';
import { planMigrations } from '../plan/plan.ts';
import { loadMigration, readFiles, type Migration } from '../run/files.ts';
import { findingsOf } from '../run/checks.ts';
import { run } from '../run/runner.ts';
import { readState } from '../run/state.ts';
import { stepsTo } from '../run/steps.ts';

const FOLDER = join(projectRoot, 'examples/migrations');
const { files, stray } = await readFiles(FOLDER);
const examples: ({ kind: string } & Migration)[] = [];
// One after the other, as Jest loads modules.
for (const file of files)
  examples.push({ kind: file.name.replace(/^\d+-(.*)\.ts$/, '$1'), ...(await loadMigration(FOLDER, file)) });

interface Story {
  /** Documents as they are before, and what `up` makes of each. */
  before: Document[];
  after: Document[];
  /** Written to the first document after `up`, and what that is after `down`. */
  change: Document;
  reverted: Document;
  /** What the collection is called after `up`. */
  name?: string;
}

const STORIES: Readonly<Record<string, Story>> = {
  rename_field: {
    before: [{ thrust: 5 }, { thrust: null }, {}, { thrust: new Double(5) }],
    after: [{ thrustKn: 5 }, { thrustKn: null }, {}, { thrustKn: 5 }],
    change: { thrustKn: 6 },
    reverted: { thrust: 6 },
  },
  nest_fields: {
    before: [{ ratio: 16, material: 'steel' }, { ratio: 4 }, { serial: 'none' }],
    after: [{ nozzle: { ratio: 16, material: 'steel' } }, { nozzle: { ratio: 4 } }, { serial: 'none' }],
    change: { 'nozzle.ratio': 20 },
    reverted: { material: 'steel', ratio: 20 },
  },
  remove_field: {
    before: [{ nozzle: { ratio: new Double(16) } }, { nozzle: {} }, {}, { nozzle: { ratio: null, material: 'steel' } }],
    after: [{ nozzle: {} }, { nozzle: {} }, {}, { nozzle: { material: 'steel' } }],
    change: { 'nozzle.material': 'brass' },
    reverted: { nozzle: { material: 'brass', ratio: new Double(16) } },
  },
  split_field: {
    before: [{ name: 'Rocketdyne  RS-25 ' }, { name: 'NERVA' }, {}],
    after: [{ maker: 'Rocketdyne', model: 'RS-25 ' }, { maker: 'NERVA', model: '' }, {}],
    change: { model: 'F-1' },
    reverted: { name: 'Rocketdyne F-1' },
  },
  merge_fields: {
    before: [{ builtYear: 1969, builtMonth: 7 }, { builtYear: 1981 }, {}],
    after: [{ builtOn: new Date('1969-07-01') }, { builtOn: new Date('1981-01-01') }, {}],
    change: { builtOn: new Date('1970-03-15') },
    reverted: { builtYear: 1970, builtMonth: 3 },
  },
  retype_field: {
    before: [{ weight: '12' }, { weight: '0012' }, { weight: '' }, {}],
    after: [{ weight: 12 }, { weight: 12 }, { weight: null }, {}],
    change: { weight: 13 },
    reverted: { weight: '13' },
  },
  unique_index: {
    before: [{ serial: 'a' }, { serial: 'b' }, {}, {}],
    after: [{ serial: 'a' }, { serial: 'b' }, {}, {}],
    change: { serial: 'c' },
    reverted: { serial: 'c' },
  },
  stricter_rule: {
    before: [{ serial: 'a' }, { serial: 'b' }],
    after: [{ serial: 'a' }, { serial: 'b' }],
    change: { serial: '12345678' },
    reverted: { serial: '12345678' },
  },
  add_field: {
    before: [{ serial: 'a' }, { serial: 'b' }],
    after: [
      { serial: 'a', burns: 0 },
      { serial: 'b', burns: 0 },
    ],
    change: { burns: 7 },
    reverted: { serial: 'a' },
  },
  several_fields: {
    before: [
      { serial: 'a', burns: 0, weight: 5, remark: 'dented' },
      { serial: 'b', burns: 0, remark: 'new' },
    ],
    after: [
      { serial: 'a', burns: 0, weightKg: 5, stage: 1 },
      { serial: 'b', burns: 0, stage: 1 },
    ],
    change: { stage: 2 },
    reverted: { serial: 'a', burns: 0, weight: 5, remark: 'dented' },
  },
  rename_collection: {
    before: [{ serial: 'a', burns: 0, stage: 1 }],
    after: [{ serial: 'a', burns: 0, stage: 1 }],
    change: { stage: 2 },
    reverted: { serial: 'a', burns: 0, stage: 2 },
    name: 'stages',
  },
};

/** A database as the examples before one of this kind leave it, and that one. */
async function prepared(kind: string): Promise<{ db: Db; up: () => Promise<unknown>; down: () => Promise<unknown> }> {
  const { db, connection } = await testDatabase();
  const client = connection.getClient();
  const place = examples.findIndex((one) => one.kind === kind);
  for (const { up } of examples.slice(0, place)) await up(db, client);
  const example = examples[place];
  if (example === undefined) throw new Error(`there is no example of ${kind}`);
  return { db, up: () => example.up(db, client), down: () => example.down(db, client) };
}

/** With the types of numbers. */
const storedIn = (db: Db, name: string) =>
  db
    .collection(name)
    .find({}, { projection: { _id: 0 }, promoteValues: false })
    .sort({ _id: 1 })
    .toArray();

test('there is a story of each example but the first, which makes a collection', () => {
  expect(stray).toEqual([]);
  expect(examples.map(({ kind }) => kind)).toEqual(['new_collection', ...Object.keys(STORIES)]);
});

describe('up, down and up', () => {
  test.each(Object.entries(STORIES))('of %s lose nothing', async (kind, story) => {
    const { before, after, change, reverted, name = 'boosters' } = story;
    const { db, up, down } = await prepared(kind);
    await db.collection('boosters').insertMany(before.map((document) => ({ ...document })));
    const original = await storedIn(db, 'boosters');
    await up();
    expect(
      await db
        .collection(name)
        .find({}, { projection: { _id: 0 } })
        .sort({ _id: 1 })
        .toArray(),
    ).toEqual(after);
    const converted = await storedIn(db, name);
    await up(); // as after being killed
    expect(await storedIn(db, name)).toStrictEqual(converted);
    await down();
    await down();
    expect(await storedIn(db, 'boosters')).toStrictEqual(original);
    await up();
    expect(await storedIn(db, name)).toStrictEqual(converted);
    await db.collection(name).updateOne({}, { $set: change });
    const changed = await storedIn(db, name);
    await down();
    await db.collection('plain').insertOne({ ...reverted });
    const [first, ...others] = await storedIn(db, 'boosters');
    expect([first]).toStrictEqual(await storedIn(db, 'plain'));
    expect(others).toStrictEqual(original.slice(1));
    await up();
    expect(await storedIn(db, name)).toStrictEqual(changed);
  });

  test('of new_collection move its documents aside and back', async () => {
    const { db, up, down } = await prepared('new_collection');
    const boosters = db.collection('boosters');
    await up();
    await boosters.insertOne({ serial: 'a' });
    await expect(boosters.insertOne({ colour: 'red' })).rejects.toMatchObject({ code: 121 });
    const indexes = await boosters.indexes();
    await up();
    await down();
    await down();
    expect(await db.listCollections({}, { nameOnly: true }).toArray()).toMatchObject([{ name: 'archive.boosters' }]);
    await up();
    expect(await storedIn(db, 'boosters')).toEqual([{ serial: 'a' }]);
    expect(await boosters.indexes()).toEqual(indexes);
  });
});

describe('documents that stand in the way are named, and nothing changes until they are corrected:', () => {
  test('duplicates, of unique_index', async () => {
    const { db, up } = await prepared('unique_index');
    const boosters = db.collection('boosters');
    await boosters.insertMany([{ serial: 'a' }, { serial: 'a' }]);
    await expect(up()).rejects.toThrow(/serial "a" \(2 documents, for example [0-9a-f]{24} and [0-9a-f]{24}\)/u);
    expect(await boosters.indexes()).not.toContainEqual(expect.objectContaining({ name: 'serial_1' }));
    await boosters.deleteMany({});
    await up();
    await boosters.insertOne({ serial: 'b' });
    await expect(boosters.insertOne({ serial: 'b' })).rejects.toMatchObject({ code: 11_000 });
  });

  test('those that break stricter_rule', async () => {
    const { db, up } = await prepared('stricter_rule');
    const boosters = db.collection('boosters');
    const options = () => db.listCollections({ name: 'boosters' }).toArray();
    const before = await options();
    const { insertedId } = await boosters.insertOne({ serial: '123456789' });
    await expect(up()).rejects.toThrow(
      `1 documents of boosters break the new validator, for example ${String(insertedId)}`,
    );
    expect(await options()).toEqual(before);
    await boosters.deleteMany({});
    await up();
    await expect(boosters.insertOne({ serial: '123456789' })).rejects.toMatchObject({ code: 121 });
    await expect(boosters.insertOne({})).rejects.toMatchObject({ code: 121 });
  });
});

test('all of them together are migrations without a finding, planned and run to head, to base and to head', async () => {
  const database = await testDatabase();
  const { db } = database;
  const subject = { ...migrating(database, 'test'), folder: FOLDER };
  expect(await findingsOf(await readState(db, FOLDER))).toEqual([]);
  const plans = await planMigrations(files, { ...subject, models: [] });
  expect(plans.map(({ unsafe, undo }) => [unsafe, undo])).toEqual(files.map(() => [[], 'undone by its down']));
  await run(subject, (state) => stepsTo(state, 'head'));
  await db.collection('stages').insertOne({ serial: 'a', burns: 3, stage: 2, maker: 'Rocketdyne', model: 'F-1' });
  const stored = await storedIn(db, 'stages');
  await run(subject, (state) => stepsTo(state, 'base'));
  expect(await db.collection('stages').countDocuments()).toBe(0);
  await run(subject, (state) => stepsTo(state, 'head'));
  expect(await storedIn(db, 'stages')).toStrictEqual(stored);
});
