import { expect, test } from '@jest/globals';
import { initialise } from './initialise.ts';
import { testDatabase } from './testing/database.ts';
import { ownMigrations } from './testing/migrations-folder.ts';

/** What is kept beside the engines. */
const beside = [
  'collection engines.history with its validator',
  'index of_1_at_1 of engines.history',
  'index expiresAt_1 of engines.history',
  'collection idempotencyKeys with its validator',
  'index expiresAt_1 of idempotencyKeys',
].map((what) => ({ outcome: 'created', what }));

test('an empty database gets collections, validators and indexes, and its migrations count as applied', async () => {
  const database = await testDatabase();
  const findings = await initialise(database);
  expect(findings.map(({ what }) => what)).toEqual([
    ...ownMigrations.map((name) => `changelog entry ${name}`),
    'collection engines with its validator',
    'index lastFired_1__id_1 of engines',
    'index title_1__id_1 of engines',
    'index thrust_1__id_1 of engines',
    'index thrust_-1_title_1__id_1 of engines',
    'index _search.tokens_1__id_1 of engines',
    ...beside.map(({ what }) => what),
  ]);
  expect(await initialise(database)).toEqual([]);
});

test('five processes at once end in the same database as one', async () => {
  const database = await testDatabase();
  const { db } = database;
  await Promise.all(Array.from({ length: 5 }, () => initialise(database)));
  expect(await db.collection('changelog').countDocuments()).toBe(ownMigrations.length);
  expect(await initialise(database)).toEqual([]);
});

test('what differs from the models is told and left as it is', async () => {
  const database = await testDatabase();
  const { db } = database;
  const engines = await db.createCollection('engines');
  await engines.insertOne({ anything: true });
  await engines.createIndex({ lastFired: -1 }, { name: 'lastFired_1__id_1' });
  await engines.createIndex({ thrust: 1 });
  expect(await initialise(database)).toEqual([
    { outcome: 'different', what: 'validator of engines' },
    { outcome: 'different', what: 'index lastFired_1__id_1 of engines' },
    { outcome: 'created', what: 'index title_1__id_1 of engines' },
    { outcome: 'created', what: 'index thrust_1__id_1 of engines' },
    { outcome: 'created', what: 'index thrust_-1_title_1__id_1 of engines' },
    { outcome: 'created', what: 'index _search.tokens_1__id_1 of engines' },
    { outcome: 'different', what: 'index thrust_1 of engines, which no model declares' },
    ...beside,
  ]);
  expect(await engines.countDocuments()).toBe(1);
  expect(await db.collection('changelog').countDocuments()).toBe(0);
});
