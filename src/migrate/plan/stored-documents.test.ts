import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readFiles } from '../run/files.ts';
import { run } from '../run/runner.ts';
import { stepsTo, stepsUp } from '../run/steps.ts';
import { migrating } from '../../migrations.ts';
import { planMigrations } from './plan.ts';

const more = `
  import { addField, addIndex, removeField, renameCollection, renameField, setValidator } from '#migrate';
  const addUnique = (db, field, collection = 'things') =>
    addIndex(db, collection, { name: field + '_1', key: { [field]: 1 }, unique: true });
  const rules = (properties, more = {}) => ({ $jsonSchema: { bsonType: 'object', properties, ...more } });
  const things = (db) => db.collection('things');
`;

const FIRST = '20260101000000-first.ts';
const SECOND = '20260202000000-second.ts';

const TWINS = [
  { kind: 'a', size: 1, code: 7 },
  { kind: 'a', size: 2, code: 8 },
];
const DUPLICATES = ['unique-over-duplicates:things'];
const BROKEN = ['validator-broken:things'];

const addNote = "await addField(db, { collection: 'things', field: 'note', value: null });";
const removeCode = "await removeField(db, { collection: 'things', field: 'code' });";
const narrowKind = "await setValidator(db, 'things', rules({ kind: { enum: ['b'] } }));";
const rename = (from: string, to: string) =>
  `await renameField(db, { collection: 'things', from: '${from}', to: '${to}' });`;

/** Steps, what the plan says of them, and, where they are not refused, that they can be done. */
const CASES: [what: string, steps: string[], unsafe: string[], documents?: Document[]][] = [
  ['a unique index beside an added field', [`${addNote} await addUnique(db, 'kind');`], DUPLICATES],
  ['a unique index beside a removed field', [`${removeCode} await addUnique(db, 'kind');`], DUPLICATES],
  ['a unique index after an earlier migration', [addNote, "await addUnique(db, 'kind');"], DUPLICATES],
  [
    'a unique index in a collection that is renamed',
    [`${addNote} await renameCollection(db, 'things', 'others'); await addUnique(db, 'kind', 'others');`],
    ['unique-over-duplicates:others'],
  ],
  [
    'a unique index over a field that was renamed',
    [`${rename('kind', 'sort')} await addUnique(db, 'sort');`],
    DUPLICATES,
  ],
  ['a unique index over another that was renamed', [`${rename('code', 'sort')} await addUnique(db, 'sort');`], []],
  [
    'a unique index over values that were made to differ',
    ["await things(db).updateMany({}, [{ $set: { kind: '$size' } }]); await addUnique(db, 'kind');"],
    [],
  ],
  [
    'a unique index over twins of which the one was deleted',
    ["await things(db).deleteOne({ size: 1 }); await addUnique(db, 'kind');"],
    [],
  ],
  [
    'a unique index over twins that no filter finds',
    ["await things(db).updateMany({ size: 3 }, { $set: { kind: 'c' } }); await addUnique(db, 'kind');"],
    DUPLICATES,
    [...TWINS, { kind: 'b', size: 3 }],
  ],
  [
    'a unique index over what a later filter finds',
    [
      "await things(db).updateMany({}, { $set: { size: 3 } }); await things(db).updateMany({ size: 3 }, [{ $set: { kind: '$code' } }]);",
      "await addUnique(db, 'kind');",
    ],
    [],
  ],
  ['a narrowed enum beside an added field', [`${addNote} ${narrowKind}`], BROKEN],
  ['a narrowed enum beside a removed field', [`${removeCode} ${narrowKind}`], BROKEN],
  [
    'a narrowed enum, of values that were converted',
    [`await things(db).updateMany({ kind: 'a' }, { $set: { kind: 'b' } }); ${narrowKind}`],
    [],
  ],
  [
    'a narrowed enum, of values that were converted in part',
    [`await things(db).updateMany({ size: 1 }, { $set: { kind: 'b' } }); ${narrowKind}`],
    BROKEN,
  ],
  [
    'a field that is required now, beside an added one',
    [`${addNote} await setValidator(db, 'things', rules({}, { required: ['note', 'weight'] }));`],
    BROKEN,
  ],
  [
    'a field that is required now and added',
    [`${addNote} await setValidator(db, 'things', rules({}, { required: ['note', 'kind'] }));`],
    [],
  ],
  [
    'a field that is no longer known, and stays',
    [`${removeCode} await setValidator(db, 'things', rules({ _id: {}, kind: {} }, { additionalProperties: false }));`],
    BROKEN,
  ],
  [
    'a field that is no longer known, and goes',
    [
      `${removeCode} await setValidator(db, 'things', rules({ _id: {}, kind: {}, size: {} }, { additionalProperties: false }));`,
    ],
    [],
  ],
  ['a condition beside an added field', [`${addNote} await setValidator(db, 'things', { size: { $lt: 2 } });`], BROKEN],
  [
    'a condition on two fields',
    [`${addNote} await setValidator(db, 'things', { $expr: { $gt: ['$code', '$size'] }, note: null });`],
    [],
  ],
];

test.each(CASES)('%s', async (_what, steps, unsafe, documents = TWINS) => {
  const database = await testDatabase();
  const { db, connection } = database;
  await db.collection('things').insertMany(documents.map((one) => ({ ...one })));
  const files = steps.map((step, index) => [`2026010100000${index}-step.ts`, { up: step, more }] as const);
  const folder = migrationsFolder(Object.fromEntries(files));
  const subject = { client: connection.getClient(), databaseName: db.databaseName, folder, models: [] };
  const plans = await planMigrations((await readFiles(folder)).files, subject);
  expect(plans.flatMap((plan) => plan.unsafe.map(({ name }) => name))).toEqual(unsafe);
  const done = run({ ...migrating(database, 'test'), folder }, stepsUp);
  if (unsafe.length === 0) expect(await done).toHaveLength(steps.length);
  else await expect(done).rejects.toThrow('Could not migrate');
});

test('what comes back from an archive is not judged by what is stored now', async () => {
  const database = await testDatabase();
  const { db, connection } = database;
  await db.collection('things').insertMany(TWINS.map((one) => ({ ...one })));
  const bringBack = "await addField(db, { collection: 'things', field: 'code' });";
  const demand = "await setValidator(db, 'things', rules({}, { required: ['code'] })); await addUnique(db, 'code');";
  const folder = migrationsFolder({ [FIRST]: { up: removeCode, more }, [SECOND]: { up: bringBack + demand, more } });
  await run({ ...migrating(database, 'test'), folder }, (state) => stepsTo(state, FIRST));
  const subject = { client: connection.getClient(), databaseName: db.databaseName, folder, models: [] };
  const [, ...files] = (await readFiles(folder)).files;
  expect((await planMigrations(files, subject)).map(({ unsafe }) => unsafe)).toEqual([[]]);
  expect(await run({ ...migrating(database, 'test'), folder }, stepsUp)).toHaveLength(1);
});
