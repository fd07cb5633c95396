import { Int32, type Db } from 'mongodb';
import { describe, expect, test } from '@jest/globals';
import { migrating } from '../migrations.ts';
import { run } from '../migrate/run/runner.ts';
import { stepsUp } from '../migrate/run/steps.ts';
import { testDatabase } from '../testing/database.ts';
import { migrationsFolder } from '../testing/migrations-folder.ts';
import { rehearse } from './rehearse.ts';

const FIRST = '20260101000000-first.ts';
const SECOND = '20260202000000-second.ts';
const THIRD = '20260303000000-third.ts';

const update = (text: string) => `await db.collection('things').updateMany({}, ${text});`;
const set = update('{ $set: { size: 1 } }');
const unset = update(`{ $unset: { size: '' } }`);

const things = [
  { _id: 'a', name: 'A', count: new Int32(5), site: { country: 'FR', lat: 5.2 } },
  { _id: 'b', name: 'B', count: new Int32(5), site: { country: 'US', lat: 28.5 } },
];

async function rehearsed(
  migrations: Parameters<typeof migrationsFolder>[0],
  prepare: (db: Db) => Promise<unknown> = async () => {},
) {
  const database = await testDatabase();
  const { db, connection } = database;
  const folder = migrationsFolder(migrations);
  await db.collection<{ _id: string }>('things').insertMany(things);
  await db.collection('things').createIndex({ name: 1 });
  await prepare(db);
  const before = await db.collection('things').find().toArray();
  const lines: string[] = [];
  const rehearsal = await rehearse({ ...migrating(database, 'test'), folder, report: (line) => lines.push(line) });
  expect(await db.collection('things').find().toArray()).toEqual(before);
  const { databases } = await connection.getClient().db().admin().listDatabases();
  expect(databases.filter(({ name }) => lines.join(' ').includes(name))).toEqual([]);
  return { rehearsal, database, folder, lines };
}

test('migrations whose down takes back their up are rehearsed on a copy, and the database stays as it is', async () => {
  const { rehearsal, database, folder } = await rehearsed({
    [FIRST]: { up: set, down: unset },
    [SECOND]: {
      up: `await db.collection('things').createIndex({ size: 1 }); await db.createCollection('more', { validator: { size: 1 } });`,
      down: `await db.collection('things').dropIndex('size_1'); await db.dropCollection('more');`,
    },
  });
  expect(rehearsal).toMatchObject({ files: [FIRST, SECOND], differences: [] });
  expect(Object.keys(rehearsal.took)).toEqual(['copy', 'up', 'down', 'up again']);
  await run({ ...migrating(database, 'test'), folder }, stepsUp);
  expect((await rehearse({ ...migrating(database, 'test'), folder })).files).toEqual([]);
});

test('fields that come back in another order are the same', async () => {
  const { rehearsal } = await rehearsed({
    [FIRST]: { up: update(`{ $rename: { name: 'title' } }`), down: update(`{ $rename: { title: 'name' } }`) },
  });
  expect(rehearsal.differences).toEqual([]);
});

test('each down that does not undo its up is reported with its file, collection and field, and one example', async () => {
  const { rehearsal } = await rehearsed({
    [FIRST]: { up: set },
    [SECOND]: { up: update(`{ $set: { mass: 2 } }`), down: update(`{ $unset: { mass: '' } }`) },
    [THIRD]: { up: update(`{ $set: { 'site.country': 'NZ' } }`), down: update(`{ $set: { 'site.country': 'DE' } }`) },
  });
  expect(rehearsal.differences).toEqual([
    {
      file: FIRST,
      when: 'after down',
      collection: 'things',
      part: 'documents',
      field: 'size',
      example: { _id: '"a"', before: 'absent', after: '1' },
      message: 'size of things differs in 2 documents: with _id "a" it was absent and is 1',
    },
    {
      file: THIRD,
      when: 'after down',
      collection: 'things',
      part: 'documents',
      field: 'site.country',
      example: { _id: '"a"', before: '"FR"', after: '"DE"' },
      message: 'site.country of things differs in 2 documents: with _id "a" it was "FR" and is "DE"',
    },
  ]);
});

test('documents that the server deletes meanwhile are no difference', async () => {
  const soon = new Date(Date.now() + 60_000);
  const later = new Date(Date.now() + 48 * 60 * 60 * 1000);
  // What the server does once a minute.
  const expire = `await db.collection('turns').deleteMany({ endsAt: { $lte: new Date(${soon.getTime()}) } });`;
  const messages = async (more = '') => {
    const { rehearsal } = await rehearsed({ [FIRST]: { up: `${expire} ${more}` } }, async (db) => {
      await db.collection('turns').createIndex({ endsAt: 1 }, { expireAfterSeconds: 0 });
      await db.collection('turns').insertMany([{ endsAt: soon }, { endsAt: later }, { endsAt: null }, {}]);
    });
    return rehearsal.differences.map(({ message }) => message.replace(/, for.*/, ''));
  };
  expect(await messages()).toEqual([]);
  expect(await messages(`await db.collection('turns').deleteMany({ endsAt: { $exists: false } });`)).toEqual([
    'turns has lost 1 document',
  ]);
});

const command = (text: string) => `await db.command({ collMod: 'things', ${text} });`;

describe('what does not come back is reported:', () => {
  test.each([
    [
      'an int that is a double',
      { up: update(`{ $set: { count: 6 } }`), down: update(`[{ $set: { count: { $toDouble: 5 } } }]`) },
      'after down: count of things differs in 2 documents: with _id "a" it was {"$numberInt":"5"} and is {"$numberDouble":"5.0"}',
    ],
    [
      'documents that are gone, and others that are new',
      {
        up: `await db.collection('things').deleteOne({ _id: 'b' });`,
        down: `await db.collection('things').insertOne({ _id: 'c' });`,
      },
      'after down: things has lost 1 document, for example the one with _id "b"\n' +
        'after down: things has 1 document more, for example the one with _id "c"\n' +
        'after the second up: things has 1 document more, for example the one with _id "c"',
    ],
    [
      'an index',
      { up: `await db.collection('things').createIndex({ count: 1 });` },
      'after down: the indexes of things differ: count_1 was absent and is {"v":2,"key":[{"count":1}]}',
    ],
    [
      'the order of an index',
      {
        up: `await db.collection('things').dropIndex('count_1_name_1');`,
        down: `await db.collection('things').createIndex({ name: 1, count: 1 }, { name: 'count_1_name_1' });`,
      },
      'after down: the indexes of things differ: count_1_name_1.key.0.count was 1 and is absent, and 3 more',
    ],
    [
      'a validator',
      {
        up: command(`validator: { $jsonSchema: { required: ['name', 'count'] } }`),
        down: command(`validator: { $jsonSchema: { required: ['count'] } }`),
      },
      'after down: the options of things differ: validator was absent and is {"$jsonSchema":{"required":["count"]}}, and 2 more',
    ],
    [
      'a collection',
      { up: `await db.createCollection('more');` },
      'after down: more is there, but was not there before',
    ],
    [
      'what the second up makes otherwise',
      {
        up: `const size = await db.collection('archive.turns').countDocuments(); ${update('{ $set: { size } }')}`,
        down: `await db.collection('archive.turns').insertOne({}); ${unset}`,
      },
      'after the second up: size of things differs in 2 documents: with _id "a" it was 0 and is 1',
    ],
  ])('%s', async (_what, texts, expected) => {
    const { rehearsal } = await rehearsed({ [FIRST]: texts }, async (db) =>
      db.collection('things').createIndex({ count: 1, name: 1 }),
    );
    const messages = rehearsal.differences.map(({ when, message }) => `${when}: ${message}`);
    expect(messages.join('\n')).toBe(expected);
  });
});

describe('an empty collection of the new name, as db:init makes it,', () => {
  const move = (from: string, to: string) => `await renameCollection(db, '${from}', '${to}');`;
  const texts = {
    up: move('things', 'objects'),
    down: move('objects', 'things'),
    more: `import { renameCollection } from '#migrate';`,
  };
  const made = async (db: Db) => db.createCollection('objects', { validator: { name: { $exists: true } } });
  const notThere = { file: FIRST, when: 'after down', collection: 'objects', message: 'objects is missing' };

  test('gives way to a collection that is renamed, and is no difference after down', async () => {
    const { rehearsal, lines } = await rehearsed({ [FIRST]: texts }, made);
    expect(rehearsal.differences).toEqual([]);
    expect(lines).toContain(
      `Rehearsal: the up of ${FIRST} moved another collection into the place of objects, which was empty. ` +
        'After down there is no objects. No document is lost.',
    );
  });

  test('is a difference where down takes it away without a rename', async () => {
    const drop = `await db.dropCollection('objects');`;
    const fill = `await db.collection('objects').insertOne({ name: 'new' });`;
    const { rehearsal, lines } = await rehearsed({ [FIRST]: { up: fill, down: drop } }, made);
    expect(rehearsal.differences[0]).toMatchObject(notThere);
    expect(lines.join()).not.toContain('No document is lost');
  });

  test('is a difference where it had documents', async () => {
    const replace = `await db.collection('things').rename('objects', { dropTarget: true });`;
    const { rehearsal } = await rehearsed({ [FIRST]: { ...texts, up: replace } }, async (db) => {
      await made(db);
      await db.collection('objects').insertOne({ name: 'mine' });
    });
    expect(rehearsal.differences).toEqual([expect.objectContaining(notThere)]);
  });
});
