import { expect, test } from '@jest/globals';
import { initialise } from './initialise.ts';
import { testDatabase } from './testing/database.ts';

test('an empty database gets collections, validators and indexes, and its migrations count as applied', async () => {
  const database = await testDatabase();
  const findings = await initialise(database);
  expect(findings.map(({ what }) => what)).toEqual([
    'changelog entry 20260501090000-create_engines.ts',
    'changelog entry 20261101090000-add_lastFired.ts',
    'changelog entry 20261122120000-add_sort_indexes.ts',
    'collection engines with its validator',
    'index lastFired_1__id_1 of engines',
    'index title_1__id_1 of engines',
    'index thrust_1__id_1 of engines',
    'index thrust_-1_title_1__id_1 of engines',
  ]);
  expect(await initialise(database)).toEqual([]);
});

test('five processes at once end in the same database as one', async () => {
  const database = await testDatabase();
  const { db } = database;
  await Promise.all(Array.from({ length: 5 }, () => initialise(database)));
  expect(await db.collection('changelog').countDocuments()).toBe(3);
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
    { outcome: 'different', what: 'index thrust_1 of engines, which no model declares' },
  ]);
  expect(await engines.countDocuments()).toBe(1);
  expect(await db.collection('changelog').countDocuments()).toBe(0);
});
