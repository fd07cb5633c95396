import { describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { listArchives, purgeArchive } from './archives.ts';
import { backfill } from './backfill.ts';
import { addCollection, allowBoth, removeCollection, setValidator } from './collections.ts';
import { removeField } from './fields.ts';
import { addIndex, removeIndex } from './indexes.ts';
import { readCatalog } from '../plan/catalog.ts';
import { recordingClient } from '../plan/recorder.ts';

const { db, connection } = await testDatabase();

const shape = (properties: Document, rest: Document = { additionalProperties: false }) => ({
  $jsonSchema: { bsonType: 'object', properties: { _id: {}, ...properties }, ...rest },
});

describe('allowBoth', () => {
  const before = shape({
    a: { bsonType: 'int' },
    b: { bsonType: 'int' },
    n: { bsonType: 'object', properties: { x: {} } },
  });
  const after = shape({
    a: { bsonType: 'string' },
    c: { bsonType: 'int' },
    n: { bsonType: 'object', properties: { x: {} } },
  });

  test('lets documents of either shape and between the two be written, and no others', async () => {
    await addCollection(db, 'both', before);
    await allowBoth(db, 'both', before, after);
    const probes = db.collection('both');
    await probes.insertMany([
      { a: 1, b: 1 },
      { a: 'x', c: 1 },
      { a: 'x', b: 1, c: 1, n: { y: 1 } },
    ]);
    await expect(probes.insertOne({ a: null })).rejects.toMatchObject({ code: 121 });
    await expect(probes.insertOne({ d: 1 })).rejects.toMatchObject({ code: 121 });
    await expect(setValidator(db, 'both', after)).rejects.toThrow('2 documents of both break the new validator');
  });

  test('lets documents be converted to a condition that a JSON Schema cannot say, and back', async () => {
    const open = shape({ first: { bsonType: 'int' }, last: { bsonType: 'int' } });
    const ordered = { ...open, $expr: { $lte: ['$first', '$last'] } };
    await addCollection(db, 'ordering', open);
    const ordering = db.collection('ordering');
    await ordering.insertOne({ first: 2, last: 1 });
    await allowBoth(db, 'ordering', open, ordered);
    await backfill(ordering, {
      label: 'ordering: first before last',
      filter: { $expr: { $gt: ['$first', '$last'] } },
      update: [{ $set: { first: '$last', last: '$first' } }],
    });
    await setValidator(db, 'ordering', ordered);
    expect(await ordering.findOne({}, { projection: { _id: 0 } })).toEqual({ first: 1, last: 2 });
    await expect(ordering.insertOne({ first: 2, last: 1 })).rejects.toMatchObject({ code: 121 });
    await setValidator(db, 'ordering', open);
    await ordering.insertOne({ first: 2, last: 1 });
  });

  test('demands what both demand, within objects too, and nothing of a field that one side leaves open', async () => {
    const closed = { required: ['a', 'b'], additionalProperties: false };
    const open = { required: ['b'] };
    const inner = (rest: Document, properties: Document) => shape({ n: { bsonType: 'object', properties, ...rest } });
    await addCollection(db, 'inner', {});
    await allowBoth(
      db,
      'inner',
      inner(closed, { a: {}, b: { bsonType: 'int' } }),
      inner(open, { b: { bsonType: 'int' } }),
    );
    const probes = db.collection('inner');
    await probes.insertOne({ n: { b: 1, other: 1 } });
    await expect(probes.insertOne({ n: { a: 1 } })).rejects.toMatchObject({ code: 121 });
    await expect(probes.insertOne({ n: { b: 'x' } })).rejects.toMatchObject({ code: 121 });
    await allowBoth(db, 'inner', inner(closed, { a: {}, b: {} }), {});
    await probes.insertOne({ anything: 1 });
  });

  test('lets an object that comes be filled field by field', async () => {
    const closed = { required: ['a', 'b'], additionalProperties: false };
    const after = shape({ n: { bsonType: 'object', properties: { a: {}, b: {} }, ...closed } });
    await addCollection(db, 'filled', shape({}));
    await allowBoth(db, 'filled', shape({}), after);
    const probes = db.collection('filled');
    await probes.insertOne({ n: { a: 1 } });
    await expect(probes.insertOne({ n: { c: 1 } })).rejects.toMatchObject({ code: 121 });
    await expect(setValidator(db, 'filled', after)).rejects.toThrow('1 documents of filled break the new validator');
  });
});

test('a document that is written while the validator changes brings the old one back', async () => {
  const before = shape({ a: { bsonType: 'int' } });
  await addCollection(db, 'late', before);
  let written = false;
  const late = new Proxy(db, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member);
      if (typeof value !== 'function') return value;
      if (member !== 'command') return value.bind(target);
      return async (command: Document) => {
        if (!written) await target.collection('late').insertOne({ a: 1 });
        written = true;
        return target.command(command);
      };
    },
  });
  await expect(setValidator(late, 'late', shape({}))).rejects.toThrow('1 documents of late break the new validator');
  expect(await db.listCollections({ name: 'late' }).toArray()).toMatchObject([{ options: { validator: before } }]);
});

test('a plan goes on where documents and values are in the way, for the migration would have changed them', async () => {
  await addCollection(db, 'planned', shape({ a: { bsonType: 'int' } }));
  await db.collection('planned').insertMany([{ a: 1 }, { a: 1 }]);
  const events: string[] = [];
  const note = ({ operation }: { operation: string }) => void events.push(operation);
  const client = recordingClient(connection.getClient(), db.databaseName, await readCatalog(db), note, async () => {});
  const planned = client.db(db.databaseName);
  await addIndex(planned, 'planned', { name: 'a_1', key: { a: 1 }, unique: true });
  await setValidator(planned, 'planned', shape({ a: { bsonType: 'string' } }));
  expect(events).toEqual(['createIndexes', 'command collMod']);
  await expect(setValidator(db, 'planned', shape({ a: { bsonType: 'string' } }))).rejects.toThrow('2 documents');
});

test('a collection that is there twice is neither overwritten nor moved', async () => {
  await db.collection('twice').insertOne({ a: 1 });
  await removeCollection(db, 'twice');
  await db.collection('twice').insertOne({ a: 2 });
  await expect(removeCollection(db, 'twice')).rejects.toThrow('twice and archive.twice both exist');
  await expect(addCollection(db, 'twice', {})).rejects.toThrow('twice and archive.twice both exist');
  expect(await db.collection('twice').countDocuments()).toBe(1);
});

test('an archive is purged by its full name alone', async () => {
  await db.collection('purging').insertMany([{ a: 1 }, { a: 2 }]);
  await removeField(db, { collection: 'purging', field: 'a' });
  expect(await listArchives(db)).toContainEqual({ name: 'archive.purging.a', documents: 2 });
  await expect(purgeArchive(db, 'purging')).rejects.toThrow('purging is not an archive');
  expect(await purgeArchive(db, 'archive.purging.a')).toEqual({ name: 'archive.purging.a', documents: 2 });
  expect(await listArchives(db)).not.toContainEqual(expect.objectContaining({ name: 'archive.purging.a' }));
  expect(await db.collection('purging').countDocuments()).toBe(2);
});

describe('addIndex', () => {
  const index = { name: 'k', key: { a: 1, b: -1 } };

  test('does nothing where the index is, refuses another of its name, and is taken back by removeIndex', async () => {
    await addIndex(db, 'indexed', index);
    await addIndex(db, 'indexed', index);
    await expect(addIndex(db, 'indexed', { ...index, key: { b: -1, a: 1 } })).rejects.toThrow(
      `indexed has another index k, with key {"a":1,"b":-1} instead of {"b":-1,"a":1}. Remove it first, with removeIndex(db, 'indexed', 'k')`,
    );
    await expect(addIndex(db, 'indexed', { ...index, name: 'other' })).rejects.toThrow(
      'indexed cannot have the index other',
    );
    await removeIndex(db, 'indexed', 'k');
    await removeIndex(db, 'indexed', 'k');
    await removeIndex(db, 'nowhere', 'k');
    expect(await db.collection('indexed').indexes()).toHaveLength(1);
  });

  test('knows its own index again in a collection that has a collation', async () => {
    await db.createCollection('collated', { collation: { locale: 'de' } });
    await addIndex(db, 'collated', { name: 'own', key: { a: 1 }, collation: { locale: 'de' } });
    await addIndex(db, 'collated', { name: 'own', key: { a: 1 } });
    await expect(
      addIndex(db, 'collated', { name: 'own', key: { a: 1 }, collation: { locale: 'de', caseLevel: true } }),
    ).rejects.toThrow(/another index own, with collation {"locale":"de",.*} instead of .*"caseLevel":true/);
  });

  test('counts a missing value as null, and obeys a partial filter', async () => {
    const unique = { name: 'u', key: { a: 1 }, unique: true };
    await db.collection('partial').insertMany([{ a: null }, {}, { a: 1, old: true }, { a: 1 }]);
    await expect(addIndex(db, 'partial', unique)).rejects.toThrow(/a null \(2 documents.*; a 1 \(2 documents/u);
    await addIndex(db, 'partial', { ...unique, partialFilterExpression: { old: { $exists: true } } });
  });
});
