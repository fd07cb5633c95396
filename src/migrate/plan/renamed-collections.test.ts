import { expect, test } from '@jest/globals';
import type { Db } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { everythingIn } from '../../testing/everything.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readFiles } from '../run/files.ts';
import { planMigrations } from './plan.ts';
import { replay } from './replay.ts';

const NAME = '20260101000000-rename.ts';
const imports =
  "import { addCollection, addIndex, removeCollection, removeField, renameCollection, setValidator } from '#migrate';";
const models = [{ name: 'flights', validator: null, indexes: [] }];

/** The plan of a migration that renames missions, where the application has made flights already. */
async function planOf(more: string, prepare: (db: Db) => Promise<unknown> = async () => {}) {
  const { db, connection } = await testDatabase();
  await db.collection('missions').insertMany([{ crew: 1, old: 1 }, { crew: 1, old: 2 }, { crew: 2 }]);
  await db.createCollection('flights');
  await prepare(db);
  const up = `await renameCollection(db, 'missions', 'flights'); ${more}`;
  const folder = migrationsFolder({ [NAME]: { up, more: imports } });
  const { files } = await readFiles(folder);
  const before = await everythingIn(db);
  const [plan] = await planMigrations(files, {
    client: connection.getClient(),
    databaseName: db.databaseName,
    folder,
    models,
  });
  expect(await everythingIn(db)).toEqual(before);
  return plan;
}

test('the plan of a renamed collection says so, and finds nothing unsafe where an empty one is replaced', async () => {
  const plan = await planOf('');
  expect(plan?.steps.map(({ collection, what }) => [collection, what])).toEqual([
    ['flights', 'renames the collection to migration_replaced.flights'],
    ['missions', 'renames the collection to flights'],
  ]);
  expect([plan?.unsafe, plan?.isDestructive]).toEqual([[], false]);
});

test('a collection that is moved aside and comes back is described in both directions', async () => {
  const plan = await planOf("await removeCollection(db, 'flights'); await addCollection(db, 'flights', {});");
  expect(plan?.steps.slice(2).map(({ collection, what }) => [collection, what])).toEqual([
    ['flights', 'renames the collection to archive.flights'],
    ['archive.flights', 'renames the collection to flights'],
    ['flights', 'sets the validator'],
  ]);
});

test('what comes next is counted on the documents, by whatever name they are stored', async () => {
  const plan = await planOf("await removeField(db, { collection: 'flights', field: 'old' });");
  expect(plan?.steps.at(-1)).toMatchObject({ collection: 'flights', documents: 2 });
});

test.each([
  ["await addIndex(db, 'flights', { name: 'u', key: { crew: 1 }, unique: true });", 'unique-over-duplicates:flights'],
  ["await setValidator(db, 'flights', { crew: { $lt: 2 } });", 'validator-broken:flights'],
])('what stored documents break is reported: %s', async (more, unsafe) => {
  expect((await planOf(more))?.unsafe.map(({ name }) => name)).toEqual([unsafe]);
});

test('a plan refuses as the migration would', async () => {
  await expect(planOf('', (db) => db.collection('flights').insertOne({}))).rejects.toThrow(
    'with documents is there already',
  );
});

test('migrations that make a collection and rename it leave the new name with the validator and the indexes', async () => {
  const { connection } = await testDatabase();
  const folder = migrationsFolder({
    [NAME]: {
      up:
        "await db.createCollection('missions', { validator: { crew: 1 } });" +
        "await addIndex(db, 'missions', { name: 'i', key: { crew: 1 } });" +
        "await renameCollection(db, 'missions', 'flights');",
      more: imports,
    },
  });
  const { shapes, failed } = await replay((await readFiles(folder)).files, connection.getClient(), folder);
  expect(failed).toEqual([]);
  expect(shapes).toMatchObject([{ name: 'flights', validator: { crew: 1 }, indexes: [{ name: 'i' }] }]);
});
