import { expect, test } from '@jest/globals';
import { MongoClient, type Db, type Document } from 'mongodb';
import { initialiseCollections } from '../../database/init.ts';
import { migrating } from '../../migrations.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { constraintServer } from '../../testing/constraint-server.ts';
import { testDatabase } from '../../testing/database.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readFiles } from '../run/files.ts';
import { run } from '../run/runner.ts';
import { readState } from '../run/state.ts';
import { stepsDown, stepsUp } from '../run/steps.ts';
import { checkLive } from './check-live.ts';
import { planMigrations } from './plan.ts';
import { replay } from './replay.ts';

const NAME = '20260101000000-one.ts';
const THINGS = 'things';
const IMPORTS = "import { addCollection, removeCollection, setValidationLevel, setValidator } from '#migrate';";
const VALIDATOR = { a: { $exists: true } };
const UPGRADE = [
  'prepares the validation level constraint',
  'makes the server read all documents, and guarantee from then on that each is valid (level constraint)',
];

test.each([
  ['strict', "setValidator(db, 'things', {})", ['sets the validator']],
  ['constraint', "setValidator(db, 'things', {})", ['sets the validator', ...UPGRADE]],
  ['constraint', "setValidationLevel(db, 'things', 'strict')", ['sets the validation level strict']],
  // The tests' server is older than 9.0.
  ['moderate', "setValidationLevel(db, 'things', 'constraint')", ['sets the validation level strict']],
])('a plan of a collection at %s names each step of %s', async (validationLevel, call, steps) => {
  const { db, connection } = await testDatabase();
  await db.createCollection(THINGS, { validator: VALIDATOR, validationLevel });
  // Twice, as a change goes by way of a validator for both shapes.
  const folder = migrationsFolder({ [NAME]: { up: `await ${call}; await ${call};`, more: IMPORTS } });
  const { files } = await readFiles(folder);
  const subject = { client: connection.getClient(), databaseName: db.databaseName, folder, models: [] };
  const [plan] = await planMigrations(files, subject);
  const described = plan?.steps.map(({ what }) => what);
  expect(described).toEqual(call.includes('Level') && validationLevel !== 'moderate' ? steps : [...steps, ...steps]);
});

test('the level constraint is not begun while stored documents break the rules', async () => {
  const { db, uri } = await testDatabase();
  await db.createCollection(THINGS, { validator: VALIDATOR });
  await db.collection(THINGS).insertMany([{ a: 1 }, { b: 1 }], { bypassDocumentValidation: true });
  const server = await constraintServer(uri, THINGS);
  const client = await MongoClient.connect(server.uri);
  atEnd(() => client.close());
  const plan = async (up: string) => {
    const folder = migrationsFolder({ [NAME]: { up, more: IMPORTS } });
    const subject = { client, databaseName: db.databaseName, folder, models: [] };
    const [planned] = await planMigrations((await readFiles(folder)).files, subject);
    return planned?.unsafe.map(({ name, message }) => [name, message]);
  };
  const level = "await setValidationLevel(db, 'things', 'constraint');";
  expect(await plan(level)).toEqual([['validator-broken:things', expect.stringContaining('1 stored documents break')]]);
  expect(await plan(`await setValidator(db, 'things', {}); ${level}`)).toEqual([]);
});

const MIGRATION = {
  up: `await addCollection(db, 'things', ${JSON.stringify(VALIDATOR)}); await setValidationLevel(db, 'things', 'constraint');`,
  down: "await setValidationLevel(db, 'things', 'strict'); await removeCollection(db, 'things');",
  more: IMPORTS,
};

async function levelOf(db: Db): Promise<unknown> {
  const [found] = await db.listCollections({ name: THINGS }, { nameOnly: false }).toArray();
  const options: Document = found?.options ?? {};
  return options['validationLevel'];
}

test('what a migration has brought to the level constraint is missed by check where somebody lowers it', async () => {
  const database = await testDatabase();
  const server = await constraintServer(database.uri, THINGS);
  const client = await MongoClient.connect(server.uri);
  atEnd(() => client.close());
  const folder = migrationsFolder({ [NAME]: MIGRATION });
  const context = { ...migrating(database, 'test'), client, folder };
  const check = async () => checkLive(await readState(database.db, folder), context);

  await run(context, stepsUp);
  expect(await levelOf(database.db)).toBe('constraint');
  expect(await check()).toEqual([]);

  await database.db.command({ collMod: THINGS, validationLevel: 'strict' });
  expect(await check()).toEqual([
    expect.objectContaining({
      rule: 'live',
      message: expect.stringContaining(`the validationLevel of things changes from 'strict' to 'constraint'`),
      remedy: expect.stringContaining('prepareConstraintValidationLevel: true'),
    }),
  ]);

  await run(context, (state) => stepsDown(state));
  expect(await database.db.listCollections({ name: THINGS }).toArray()).toEqual([]);
});

test('an older server stays at strict, and check misses nothing there', async () => {
  const database = await testDatabase();
  const folder = migrationsFolder({ [NAME]: MIGRATION });
  const context = { ...migrating(database, 'test'), folder };
  await run(context, stepsUp);
  expect(await levelOf(database.db)).toBe('strict');
  expect(await checkLive(await readState(database.db, folder), context)).toEqual([]);
});

test('a collection that is made for an empty database has the level that the migrations bring it to', async () => {
  const database = await testDatabase();
  const server = await constraintServer(database.uri, THINGS);
  const client = await MongoClient.connect(server.uri);
  atEnd(() => client.close());
  const folder = migrationsFolder({ [NAME]: MIGRATION });
  const { shapes } = await replay((await readFiles(folder)).files, client, folder);
  const [shape] = shapes;
  expect(shape).toMatchObject({ name: THINGS, validator: VALIDATOR, options: { validationLevel: 'constraint' } });
  await initialiseCollections(database.db, [
    { name: THINGS, validator: VALIDATOR, indexes: [], defaults: {}, filled: [], validationLevel: 'constraint' },
  ]);
  expect(await levelOf(database.db)).toBe('constraint');
});
