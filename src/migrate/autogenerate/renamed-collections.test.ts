import { describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { generatedMigrations } from '../../testing/generated-migrations.ts';
import { compare } from './compare.ts';
import { describe as inWords } from './describe.ts';
import { possiblyRenamed } from './renamed-collections.ts';
import { render } from './render.ts';
import type { CollectionShape } from './shape.ts';

const INT = { bsonType: 'int' };
const TEXT = { bsonType: 'string' };

const shape = (name: string, properties: Document, indexes: CollectionShape['indexes'] = []): CollectionShape => ({
  name,
  validator: {
    $jsonSchema: { bsonType: 'object', properties: { _id: {}, ...properties }, additionalProperties: false },
  },
  indexes,
});
const index = { name: 'title_1', key: { title: 1 } };
const history = (name: string) => shape(`${name}.history`, { of: {}, at: {}, patch: {} });
const beside = [shape('pilots', { callSign: TEXT }), shape('missions.logs', { line: TEXT })];
const before = [shape('missions', { title: TEXT, crew: INT, old: INT }, [index]), history('missions'), ...beside];
const after = [shape('flights', { title: TEXT, seats: INT, old: INT }, [index]), history('flights'), ...beside];

describe('a collection that is renamed in the models', () => {
  test.each([
    [{ missions: 'flights', 'missions.crew': 'seats' }],
    [{ missions: 'flights', 'flights.crew': 'seats' }],
    [{ 'missions.history': 'flights.history', 'missions.crew': 'seats', missions: 'flights' }],
  ])('is renamed with its history, and its fields by either name: %j', (renames) => {
    expect(compare(before, after, renames).map(inWords).toSorted()).toEqual([
      'flights.crew is renamed to seats',
      'the collection missions is renamed to flights',
      'the collection missions.history is renamed to flights.history',
    ]);
  });

  test('is asked about, and what is kept beside it is not', () => {
    expect(possiblyRenamed(before, after)).toEqual([{ from: 'missions', to: 'flights' }]);
    expect(possiblyRenamed(before, before)).toEqual([]);
    expect(possiblyRenamed(before, [shape('crews', { size: INT, name: TEXT, title: TEXT }), ...beside])).toEqual([]);
  });

  test.each([
    [
      { missions: 'pilots' },
      'missions cannot be renamed to pilots: the migrations already make a collection pilots. Correct --rename.',
    ],
    [
      { missions: 'crews' },
      'missions cannot be renamed to crews: no model has the collection crews. Correct --rename.',
    ],
    [
      { pilots: 'flights' },
      'pilots cannot be renamed to flights: a model still has the collection pilots. Correct --rename.',
    ],
    [
      { crews: 'flights' },
      'crews cannot be renamed: no collection of that name or with that field is both in the migrations and in the models.',
    ],
    [
      { missions: 'flights', 'missions.no': 'seats' },
      'flights.no cannot be renamed: the migrations make no such field. Correct --rename.',
    ],
  ])('is refused where it cannot be: %j', (renames, message) => {
    expect(() => compare(before, after, renames)).toThrow(message);
  });
});

const database = await testDatabase();
const { db } = database;
const { load, documentsOf, reset, verify } = generatedMigrations(database);

test('the generated migration renames it first and last, and takes that back without losing a value', async () => {
  const renames = { missions: 'flights', 'missions.crew': 'seats' };
  const changed = after.map((one) => (one.name === 'flights' ? shape('flights', { title: TEXT, seats: TEXT }) : one));
  const { text, needsEdit } = render('rename missions', compare(before, changed, renames), before, changed);
  expect(needsEdit).toEqual([]);
  const calls = [...text.matchAll(/await (\w+)\(db, '([\w.]+)', '([\w.]+)'\);/g)].map(([, ...call]) => call.join(' '));
  const [missions, records] = ['missions flights', 'missions.history flights.history'];
  const [flights, entries] = ['flights missions', 'flights.history missions.history'];
  expect(calls.filter((call) => call.startsWith('renameCollection'))).toEqual(
    [missions, records, missions, records, entries, flights].map((names) => `renameCollection ${names}`),
  );
  await reset(before, {
    missions: [
      { title: 'Apollo', crew: 3, old: 1 },
      { title: 'Vostok', crew: 1 },
    ],
    'missions.history': [{ of: 1, at: 2, patch: 3 }],
  });
  await db.collection('archive.missions.crew').insertOne({ value: 3 });
  const original = await documentsOf(before);
  const migration = await load(text);
  await verify(migration, before, changed, original);
  // As after being killed at its end, and as to take back what had not begun.
  for (let times = 0; times < 2; times += 1) {
    await migration.down(db);
    expect(await documentsOf(before)).toStrictEqual(original);
  }
  await migration.up(db);
  const names = (await db.listCollections().toArray()).map(({ name }) => name);
  expect(names).not.toContain('missions');
  expect(names).not.toContain('archive.missions.crew');
  expect(await db.collection('flights').findOne({ title: 'Apollo' })).toMatchObject({ seats: '3' });
});
