import { expect, test } from '@jest/globals';
import { testDatabase } from '../../testing/database.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readFiles } from '../run/files.ts';
import { planMigrations } from './plan.ts';

const database = await testDatabase();
const things = database.db.collection('things');
await things.insertMany(Array.from({ length: 1000 }, (_, x) => ({ x, code: x })));
await things.createIndex({ x: 1 });

async function planOf(step: string, direction: 'up' | 'down' = 'up') {
  const { db, connection } = database;
  const more = `import { addField, removeField, setValidator } from '#migrate';
    const things = (db) => db.collection('things');
    const update = (filter, update) => ({ updateOne: { filter, update } });`;
  const folder = migrationsFolder({ '20260101000000-one.ts': { up: '', more, [direction]: step } });
  const subject = { client: connection.getClient(), databaseName: db.databaseName, folder, models: [] };
  const [plan] = await planMigrations((await readFiles(folder)).files, subject, direction);
  return plan;
}

test.each([
  [
    "await things(db).updateMany({}, { $set: { a: 1, 'b.c': 2 }, $unset: { d: '' } });",
    'updateMany of a, b.c, d',
    1000,
  ],
  ["await things(db).updateOne({}, [{ $set: { a: '$x' } }, { $unset: ['b'] }]);", 'updateOne of a, b', 1],
  ['await things(db).replaceOne({}, { a: 1 });', 'replaceOne of whole documents', 1],
  ['await things(db).deleteMany({ x: { $lt: 10 } });', 'deleteMany of whole documents', 10],
  [
    'await things(db).bulkWrite([update({ x: 1 }, { $inc: { a: 1 } }), update({ x: 2 }, { $rename: { b: "c" } })]);',
    'bulkWrite of a, b, c',
    2,
  ],
  ['await things(db).bulkWrite([{ insertOne: { document: {} } }]);', 'bulkWrite', 1],
  [
    "await addField(db, { collection: 'things', field: 'note', value: 0 });",
    'backfill "things: adding note" of note, in batches',
    1000,
  ],
  [
    "await removeField(db, { collection: 'things', field: 'code' });",
    'backfill "things: removing code" of code, in batches',
    1000,
  ],
])('%s is described as %s', async (step, what, documents) => {
  expect((await planOf(step))?.steps).toMatchObject([{ collection: 'things', what, documents }]);
});

test.each([
  ['a validator', "await setValidator(db, 'things', { x: { $exists: true } });"],
  ['an index', 'await things(db).createIndex({ code: 1 });'],
  ['an update', 'await things(db).updateMany({}, { $set: { x: 1 } });'],
  [
    'many writes',
    'await things(db).bulkWrite(Array.from({ length: 1000 }, (_, x) => update({ x }, { $set: { x: 1 } })));',
  ],
  ['a backfill', "await removeField(db, { collection: 'things', field: 'code' });"],
])('%s is described with the time that it takes, up and down', async (_what, step) => {
  for (const direction of ['up', 'down'] as const) {
    const [planned] = (await planOf(step, direction))?.steps ?? [];
    expect(planned?.seconds).toBeGreaterThanOrEqual(1);
    expect(planned?.seconds).toBeLessThan(60);
  }
});

test('what finds no document takes no time', async () => {
  const plan = await planOf(
    "await addField(db, { collection: 'others', field: 'x', value: 1 }); await db.createCollection('more'); await db.collection('more').createIndex({ x: 1 });",
  );
  expect(plan?.steps.map(({ seconds }) => seconds)).toEqual([0, 0, 0]);
});
