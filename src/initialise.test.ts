import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { Schema } from 'mongoose';
import { initialise } from './initialise.ts';
import type { ResourceDeclaration } from './rest/resource-description.ts';
import { testDatabase } from './testing/database.ts';
import { ownMigrations } from './testing/migrations-folder.ts';

const partSchema = new Schema({ name: String, mass: Number }, { collection: 'parts' });
partSchema.index({ name: 1, _id: 1 });
partSchema.index({ mass: -1, name: 1 }, { unique: true });
const resources: ResourceDeclaration[] = [
  { model: (connection) => connection.model('Part', partSchema), path: '/parts', description: 'Parts' },
];

/** What is kept beside the parts. */
const beside = [
  'collection parts.history with its validator',
  'index of_1_at_1 of parts.history',
  'index expiresAt_1 of parts.history',
  'collection idempotencyKeys with its validator',
  'index expiresAt_1 of idempotencyKeys',
].map((what) => ({ outcome: 'created', what }));

test('an empty database gets collections, validators and indexes, and its migrations count as applied', async () => {
  const database = await testDatabase();
  const findings = await initialise(database, resources);
  expect(findings.map(({ what }) => what)).toEqual([
    ...ownMigrations.map((name) => `changelog entry ${name}`),
    'collection parts with its validator',
    'index name_1__id_1 of parts',
    'index mass_-1_name_1 of parts',
    ...beside.map(({ what }) => what),
  ]);
  expect(await initialise(database, resources)).toEqual([]);
});

test('five processes at once end in the same database as one', async () => {
  const database = await testDatabase();
  const { db } = database;
  await Promise.all(Array.from({ length: 5 }, () => initialise(database, resources)));
  expect(await db.collection('changelog').countDocuments()).toBe(ownMigrations.length);
  expect(await initialise(database, resources)).toEqual([]);
});

test('what differs from the models is told and left as it is', async () => {
  const database = await testDatabase();
  const { db } = database;
  const parts = await db.createCollection('parts');
  await parts.insertOne({ anything: true });
  await parts.createIndex({ name: -1 }, { name: 'name_1__id_1' });
  await parts.createIndex({ mass: 1 });
  expect(await initialise(database, resources)).toEqual([
    { outcome: 'created', what: 'index mass_-1_name_1 of parts' },
    ...beside,
    ...[
      'parts.name (string) is declared',
      'parts.mass (double or int or long) is declared',
      'parts.__v (double or int or long) is declared',
      'parts._outbox (array) is declared',
      'parts has another validator',
      'the index name_1__id_1 of parts is made again, with key {"name":1,"_id":1} instead of {"name":-1}',
      'the index mass_1 of parts is removed',
    ].map((what) => ({ outcome: 'different', what: `by the models ${what}` })),
  ]);
  expect(await parts.countDocuments()).toBe(1);
  expect(await db.collection('changelog').countDocuments()).toBe(0);
});

test.each<[Document, string]>([
  [{ validationLevel: 'moderate' }, "the validationLevel of parts changes from 'moderate' to 'strict'"],
  [{ validationLevel: 'off' }, "the validationLevel of parts changes from 'off' to 'strict'"],
  [{ validationAction: 'warn' }, "the validationAction of parts changes from 'warn' to 'error'"],
])('rules that %j makes weaker are told', async (change, what) => {
  const database = await testDatabase();
  await initialise(database, resources);
  await database.db.command({ collMod: 'parts', ...change });
  expect(await initialise(database, resources)).toEqual([{ outcome: 'different', what: `by the models ${what}` }]);
});
