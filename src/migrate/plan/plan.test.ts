import { expect, test } from '@jest/globals';
import type { Db } from 'mongodb';
import { collectionDefinitions } from '../../models.ts';
import { testDatabase, type TestDatabase } from '../../testing/database.ts';
import { everythingIn } from '../../testing/everything.ts';
import { FIXTURES } from '../../testing/fixtures.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readFiles } from '../run/files.ts';
import { planMigrations } from './plan.ts';

const NAME = '20260101000000-one.ts';

type Prepare = (db: Db) => Promise<unknown>;

/** One database for each way to prepare it, as no plan changes one. */
const databases = new Map<Prepare, Promise<TestDatabase>>();

async function prepared(prepare: Prepare): Promise<TestDatabase> {
  const database = await testDatabase();
  await prepare(database.db);
  return database;
}

async function planOf(up: string, prepare: Prepare) {
  const making = databases.get(prepare) ?? prepared(prepare);
  databases.set(prepare, making);
  const { db, connection } = await making;
  const folder = migrationsFolder({ [NAME]: { up, more: `import { renameField } from '#migrate';` } });
  const { files } = await readFiles(folder);
  const subject = { client: connection.getClient(), databaseName: db.databaseName, folder };
  const before = await everythingIn(db);
  const [plan] = await planMigrations(files, { ...subject, models: collectionDefinitions(connection, FIXTURES) });
  expect(await everythingIn(db)).toEqual(before);
  return plan;
}

const many = (db: Db) => db.collection('probes').insertMany(Array.from({ length: 10_001 }, () => ({ x: 1 })));
const twins = (db: Db) => db.collection('probes').insertMany([{ title: 'a' }, { title: 'a' }]);
const things = (db: Db) => db.collection('things').insertOne({ x: 1 });
const old = (db: Db) => db.collection('things').insertOne({ at: new Date(Date.now() - 3_600_000) });

type Case = [string, string, Prepare, string[]];

test.each<Case>([
  [
    'a field that the model reads',
    "db.collection('probes').updateMany({}, { $unset: { thrust: '' } })",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'one of many',
    "db.collection('probes').bulkWrite([{ updateOne: { filter: {}, update: { $rename: { title: 'name' } } } }])",
    twins,
    ['field-in-use:probes'],
  ],
  [
    "a field, by a pipeline's $unset",
    "db.collection('probes').updateMany({}, [{ $unset: 'thrust' }])",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'fields, by a replacement',
    "db.collection('probes').replaceOne({}, { title: 'a' })",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'a field, by a backfill',
    "backfill(db.collection('probes'), { label: 'x', filter: {}, update: [{ $unset: 'thrust' }] })",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'a field that is null, and becomes absent',
    "db.collection('probes').updateMany({ lastFired: { $eq: null } }, [{ $unset: ['lastFired'] }])",
    twins,
    [],
  ],
  [
    'a field that gets another name',
    "renameField(db, { collection: 'probes', from: 'title', to: 'name' })",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'a field that gets another name, out of an object that stays',
    "renameField(db, { collection: 'probes', from: 'site.other', to: 'other' })",
    (db) => db.collection('probes').insertOne({ site: { code: 'x', other: 1 } }),
    [],
  ],
  ['a field that no model reads', "db.collection('probes').updateMany({}, { $unset: { other: '' } })", twins, []],
  [
    'a unique index over duplicates',
    "db.collection('probes').createIndex({ title: 1 }, { unique: true })",
    twins,
    ['unique-over-duplicates:probes'],
  ],
  ...[
    "db.createIndex('probes', { title: 1 }, { unique: true })",
    "db.collection('probes').createIndex('title', { unique: true })",
    "db.collection('probes').createIndex([['title', 1]], { unique: true })",
    "db.collection('probes').createIndex(new Map([['title', 1]]), { unique: true })",
    "db.collection('probes').createIndexes([{ key: new Map([['title', 1]]), name: 'x', unique: true }])",
    "db.command({ createIndexes: 'probes', indexes: [{ key: { title: 1 }, name: 'x', unique: true }] })",
    "db.command({ collMod: 'probes', index: { keyPattern: { title: 1 }, unique: true } })",
    "db.collection('probes').createIndex('title'); await db.command({ collMod: 'probes', index: { name: 'title_1', unique: true } })",
  ].map((up): Case => [`a unique index over duplicates by ${up}`, up, twins, ['unique-over-duplicates:probes']]),
  [
    'a unique index over others',
    "db.collection('probes').createIndex({ _id: 1, title: 1 }, { unique: true })",
    twins,
    [],
  ],
  [
    'a validator that documents break',
    "db.command({ collMod: 'probes', validator: { title: 'b' } })",
    twins,
    ['validator-broken:probes'],
  ],
  [
    'an unbounded update',
    "db.collection('probes').updateMany({ x: 1 }, { $set: { x: 2 } })",
    many,
    ['unbounded-update:probes'],
  ],
  [
    'an unbounded update among others',
    "db.collection('probes').bulkWrite([{ insertOne: { document: {} } }, { updateMany: { filter: {}, update: { $set: { x: 2 } } } }])",
    many,
    ['unbounded-update:probes'],
  ],
  ['an unbounded delete', "db.collection('probes').deleteMany({})", many, ['unbounded-delete:probes']],
  [
    'an unbounded update of a renamed collection',
    "db.collection('others').rename('more'); await db.collection('more').updateMany({}, { $set: { x: 2 } })",
    (db) => db.collection('others').insertMany(Array.from({ length: 10_001 }, () => ({ x: 1 }))),
    ['unbounded-update:more'],
  ],
  [
    'what a list of writes was, when it is used again',
    "(async (writes) => { await db.collection('probes').bulkWrite(writes); writes.length = 0; })([{ updateOne: { filter: {}, update: { $unset: { thrust: 1 } } } }])",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'many single updates',
    "db.collection('probes').bulkWrite(Array(10_001).fill({ deleteOne: { filter: {} } }))",
    many,
    [],
  ],
  [
    'a backfill of many',
    "backfill(db.collection('probes'), { label: 'x', filter: {}, update: { $set: { x: 2 } } })",
    many,
    [],
  ],
  ...[
    "db.collection('things').createIndex({ at: 1 }, { expireAfterSeconds: 60 })",
    "db.command({ collMod: 'things', index: { keyPattern: { at: 1 }, expireAfterSeconds: 60 } })",
  ].map((up): Case => [`the end of old documents by ${up}`, up, old, ['expired-documents:things']]),
  ['an index by which no document ends', "db.createIndex('things', 'at', { expireAfterSeconds: 1e9 })", old, []],
  ['a dropped collection', "db.dropCollection('probes')", twins, ['drop-collection:probes']],
  ['a collection dropped by a command', "db.command({ drop: 'probes' })", twins, ['drop-collection:probes']],
  [
    'a collection dropped under another name',
    "db.collection('things').rename('x'); await db.collection('x').drop()",
    things,
    ['drop-collection:x'],
  ],
  ['a dropped collection without documents', "db.createCollection('x'); await db.dropCollection('x')", twins, []],
  [
    'a collection dropped by a rename',
    "db.renameCollection('x', 'things', { dropTarget: true })",
    (db) => Promise.all([things(db), db.createCollection('x')]),
    ['drop-collection:things'],
  ],
  [
    'a renamed collection that a model reads',
    "db.renameCollection('probes', 'x')",
    twins,
    ['collection-in-use:probes'],
  ],
  ['a renamed collection that no model reads', "db.collection('things').rename('x')", things, []],
  ['a dropped database', 'db.dropDatabase()', twins, ['drop-database']],
])('%s: the plan says what is unsafe, with a recipe', async (_what, up, prepare, expected) => {
  const plan = await planOf(`await ${up};`, prepare);
  expect(plan?.unsafe.map(({ name }) => name)).toEqual(expected);
  for (const { recipe } of plan?.unsafe ?? []) expect(recipe).toMatch(/await [\w.]+\(/);
});
