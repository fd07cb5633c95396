import { expect, test } from '@jest/globals';
import type { Db } from 'mongodb';
import { collectionDefinitions } from '../../models.ts';
import { MIGRATIONS } from '../../migrations.ts';
import { testDatabase } from '../../testing/database.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readFiles } from '../files.ts';
import { planMigrations, replay } from './plan.ts';

const NAME = '20260101000000-one.ts';

/** Everything that a database holds, but for the order of its collections. */
async function everything(db: Db) {
  const collections = (await db.listCollections().toArray()).toSorted((a, b) => a.name.localeCompare(b.name));
  return Promise.all(
    collections.map(async (collection) => [
      collection,
      await db.collection(collection.name).listIndexes().toArray(),
      await db.collection(collection.name).find().toArray(),
    ]),
  );
}

async function planOf(up: string, prepare: (db: Db) => Promise<unknown> = async () => {}) {
  const { db, connection } = await testDatabase();
  await prepare(db);
  const folder = migrationsFolder({ [NAME]: { up } });
  const { files } = await readFiles(folder);
  const subject = { client: connection.getClient(), databaseName: db.databaseName, folder };
  const before = await everything(db);
  const [plan] = await planMigrations(files, { ...subject, models: collectionDefinitions(connection) });
  expect(await everything(db)).toEqual(before);
  return plan;
}

test('the plan of our own migrations names all that they do, and nothing is written', async () => {
  const { db, connection } = await testDatabase();
  await db.createCollection('engines');
  await db.collection('engines').insertMany([{ title: 'a' }, { title: 'b', lastFired: null }, { title: 'c' }]);
  const { files } = await readFiles(MIGRATIONS);
  const before = await everything(db);
  const models = collectionDefinitions(connection);
  const subject = { client: connection.getClient(), databaseName: db.databaseName, folder: MIGRATIONS, models };
  const plans = await planMigrations(files, subject);
  expect(await everything(db)).toEqual(before);
  expect(plans.map(({ file, unsafe, undo }) => [file, unsafe, undo])).toEqual(
    files.map(({ name }) => [name, [], 'by its down']),
  );
  expect(plans[1]?.steps).toMatchObject([
    { collection: 'engines', what: 'sets the validator' },
    { collection: 'engines', what: 'backfill "engines: adding lastFired", in batches', documents: 2, blocks: 'no' },
    { collection: 'engines', what: 'adds an index on {"lastFired":1,"_id":1}', blocks: 'for a moment' },
  ]);
});

test('replayed from nothing, our migrations leave what the models demand', async () => {
  const { connection } = await testDatabase();
  const { files } = await readFiles(MIGRATIONS);
  const shapes = await replay(files, connection.getClient(), MIGRATIONS);
  const demanded = collectionDefinitions(connection).map(({ name, validator, indexes }) => ({
    name,
    validator,
    indexes,
  }));
  expect(shapes).toMatchObject(demanded);
});

const many = (db: Db) => db.collection('engines').insertMany(Array.from({ length: 10_001 }, () => ({ x: 1 })));
const twins = (db: Db) => db.collection('engines').insertMany([{ title: 'a' }, { title: 'a' }]);

test.each<[string, string, (db: Db) => Promise<unknown>, string[]]>([
  [
    'a field that the model reads',
    "db.collection('engines').updateMany({}, { $unset: { thrust: '' } })",
    twins,
    ['field-in-use:engines'],
  ],
  [
    'one of many',
    "db.collection('engines').bulkWrite([{ updateOne: { filter: {}, update: { $rename: { title: 'name' } } } }])",
    twins,
    ['field-in-use:engines'],
  ],
  ['a field that no model reads', "db.collection('engines').updateMany({}, { $unset: { other: '' } })", twins, []],
  [
    'a unique index over duplicates',
    "db.collection('engines').createIndex({ title: 1 }, { unique: true })",
    twins,
    ['unique-over-duplicates:engines'],
  ],
  [
    'a unique index over others',
    "db.collection('engines').createIndex({ _id: 1, title: 1 }, { unique: true })",
    twins,
    [],
  ],
  [
    'a validator that documents break',
    "db.command({ collMod: 'engines', validator: { title: 'b' } })",
    twins,
    ['validator-broken:engines'],
  ],
  [
    'an unbounded update',
    "db.collection('engines').updateMany({ x: 1 }, { $set: { x: 2 } })",
    many,
    ['unbounded-update:engines'],
  ],
  ['a dropped collection', "db.dropCollection('engines')", twins, ['drop-collection:engines']],
  ['a dropped database', 'db.dropDatabase()', twins, ['drop-database']],
])('%s is told as unsafe, with a recipe, where it is', async (_what, up, prepare, expected) => {
  const plan = await planOf(`await ${up};`, prepare);
  expect(plan?.unsafe.map(({ name }) => name)).toEqual(expected);
  for (const { recipe } of plan?.unsafe ?? []) expect(recipe).toMatch(/await \w+\(/);
});
