import { expect, test } from '@jest/globals';
import type { Db } from 'mongodb';
import { collectionDefinitions } from '../../models.ts';
import { testDatabase } from '../../testing/database.ts';
import { everythingIn } from '../../testing/everything.ts';
import { FIXTURES } from '../../testing/fixtures.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readFiles } from '../files.ts';
import { planMigrations } from './plan.ts';

const NAME = '20260101000000-one.ts';

async function planOf(up: string, prepare: (db: Db) => Promise<unknown> = async () => {}) {
  const { db, connection } = await testDatabase();
  await prepare(db);
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

test.each<[string, string, (db: Db) => Promise<unknown>, string[]]>([
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
    'a field, by a list in a pipeline',
    "db.collection('probes').updateOne({}, [{ $set: { x: 1 } }, { $unset: ['x', 'thrust'] }])",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'a field of an object',
    "db.collection('probes').updateMany({}, [{ $unset: 'site.country' }])",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'a field, by $$REMOVE',
    "db.collection('probes').updateMany({}, [{ $set: { thrust: '$$REMOVE' } }])",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'a field, by a projection without it',
    "db.collection('probes').updateMany({}, [{ $project: { thrust: 0 } }])",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'fields, by a projection to others',
    "db.collection('probes').updateMany({}, [{ $project: { title: 1 } }])",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'fields, by $replaceWith',
    "db.collection('probes').findOneAndUpdate({}, [{ $replaceWith: { title: '$title' } }])",
    twins,
    ['field-in-use:probes'],
  ],
  [
    'fields, by $replaceRoot in a batch',
    "db.collection('probes').bulkWrite([{ updateMany: { filter: {}, update: [{ $replaceRoot: { newRoot: '$site' } }] } }])",
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
    'fields, by a replacement in a batch',
    "db.collection('probes').bulkWrite([{ replaceOne: { filter: {}, replacement: { title: 'a' } } }])",
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
    'a pipeline that no model minds',
    "db.collection('probes').updateMany({}, [{ $set: { thrust: 1 } }, { $unset: 'other' }, { $project: { more: 0 } }])",
    twins,
    [],
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
  ['a field that no model reads', "db.collection('probes').updateMany({}, { $unset: { other: '' } })", twins, []],
  [
    'a unique index over duplicates',
    "db.collection('probes').createIndex({ title: 1 }, { unique: true })",
    twins,
    ['unique-over-duplicates:probes'],
  ],
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
  ['a dropped collection', "db.dropCollection('probes')", twins, ['drop-collection:probes']],
  ['a dropped database', 'db.dropDatabase()', twins, ['drop-database']],
])('%s is told as unsafe, with a recipe, where it is', async (_what, up, prepare, expected) => {
  const plan = await planOf(`await ${up};`, prepare);
  expect(plan?.unsafe.map(({ name }) => name)).toEqual(expected);
  for (const { recipe } of plan?.unsafe ?? []) expect(recipe).toMatch(/await \w+\(/);
});
