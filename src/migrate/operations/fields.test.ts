import { describe, expect, test } from '@jest/globals';
import { Double, Long, MongoClient, type Document } from 'mongodb';
import { atEnd } from '../../testing/cleanup.ts';
import { testDatabase } from '../../testing/database.ts';
import { addField, removeField, renameField } from './fields.ts';

const { db, uri } = await testDatabase();
const name = { collection: 'probes', field: 'range' };

test('a removed field comes back with its values, for documents that changed meanwhile too', async () => {
  const probes = db.collection('probes');
  const values = [1, null, 'text', [1, 2], { deep: { er: 1 } }, new Date(0), 0, false];
  await probes.insertMany(values.map((range, index) => ({ index, range })));
  await removeField(db, name);
  expect(await probes.countDocuments({ range: { $exists: true } })).toBe(0);
  await probes.updateOne({ index: 0 }, { $set: { renamed: true } });
  await probes.insertOne({ index: values.length });
  await addField(db, { ...name, value: 'new' });
  const found = await probes.find().sort({ index: 1 }).toArray();
  expect(found.map(({ range }) => range)).toEqual([...values, 'new']);
  expect(found[0]).toMatchObject({ renamed: true });
});

test('a value that is written between being archived and being removed is kept', async () => {
  const probes = db.collection('racing');
  await probes.insertMany(Array.from({ length: 100 }, (_, index) => ({ index, range: 0 })));
  let running = true;
  const writer = (async () => {
    for (let round = 1; running && round < 20; round += 1)
      await probes.updateMany({ range: { $exists: true } }, { $inc: { range: 1 } });
  })();
  await removeField(db, { ...name, collection: 'racing' });
  running = false;
  await writer;
  const before = await db.collection('archive.racing.range').find().sort({ _id: 1 }).toArray();
  await addField(db, { ...name, collection: 'racing', value: null });
  const after = await probes.find().sort({ _id: 1 }).toArray();
  expect(after.map(({ range }) => range)).toEqual(before.map(({ value }) => value));
  expect(after).toHaveLength(100);
});

test('a field that is there is left alone', async () => {
  const probes = db.collection('partly');
  await probes.insertMany([{ range: 5 }, { range: null }, {}]);
  await addField(db, { ...name, collection: 'partly', value: 9 });
  expect((await probes.find().toArray()).map(({ range }) => range)).toEqual([5, null, 9]);
});

test('numbers return in their types', async () => {
  const probes = db.collection('typed');
  const exactly = { promoteValues: false, projection: { _id: 0 } };
  await probes.insertMany([
    { range: new Double(5) },
    { range: Long.fromString('9007199254740993') },
    { range: [new Double(1)] },
  ]);
  const before = await probes.find({}, exactly).toArray();
  await removeField(db, { ...name, collection: 'typed' });
  await addField(db, { ...name, collection: 'typed' });
  expect(await probes.find({}, exactly).toArray()).toStrictEqual(before);
});

test('a value that was removed by hand after it had come back does not come back again', async () => {
  const probes = db.collection('settled');
  const field = { ...name, collection: 'settled' };
  await probes.insertOne({ range: 5 });
  await removeField(db, field);
  await addField(db, field);
  await probes.updateOne({}, { $unset: { range: '' } });
  await removeField(db, field);
  await addField(db, field);
  expect(await probes.countDocuments({ range: { $exists: true } })).toBe(0);
});

test('a field within an object is added where there is such an object', async () => {
  const probes = db.collection('nested');
  const field = { collection: 'nested', field: 'nozzle.ratio' };
  await probes.insertMany([{ nozzle: {} }, {}, { nozzle: null }, { nozzle: { ratio: 5 } }]);
  await addField(db, { ...field, value: 1 });
  const found = await probes.find({}, { projection: { _id: 0 } }).toArray();
  expect(found).toEqual([{ nozzle: { ratio: 1 } }, {}, { nozzle: null }, { nozzle: { ratio: 5 } }]);
});

test('a path through an array is refused', async () => {
  const { insertedId } = await db.collection('arrays').insertOne({ stages: [{ thrust: 5 }] });
  await expect(removeField(db, { collection: 'arrays', field: 'stages.thrust' })).rejects.toThrow(
    `1 documents of arrays have an array inside the path stages.thrust, for example ${String(insertedId)}`,
  );
});

describe('renaming', () => {
  const change = { from: 'old', to: 'new' };
  const shapes = async (collection: string): Promise<Document[]> =>
    db
      .collection(collection)
      .find({}, { projection: { _id: 0 } })
      .sort({ _id: 1 })
      .toArray();

  test('refuses documents with two different values before anything changes, and takes two equal ones for one', async () => {
    const documents = [{ old: 1 }, { old: 2, new: 2 }, { old: 3, new: 4 }, { old: 5, new: null }, { new: 6 }];
    const { insertedIds } = await db.collection('clashing').insertMany(documents);
    const before = await shapes('clashing');
    await expect(renameField(db, { ...change, collection: 'clashing' })).rejects.toThrow(
      `2 documents of clashing cannot have old renamed to new, because they have another value in its place, for example ${String(insertedIds[2])}`,
    );
    expect(await shapes('clashing')).toEqual(before);
    await db.collection('clashing').updateMany({ old: { $in: [3, 5] } }, { $unset: { new: '' } });
    await renameField(db, { ...change, collection: 'clashing' });
    expect(await shapes('clashing')).toEqual([1, 2, 3, 5, 6].map((value) => ({ new: value })));
  });

  test('refuses to move into what is no object', async () => {
    await db.collection('blocked').insertOne({ old: 1, nozzle: 'none' });
    await expect(renameField(db, { collection: 'blocked', from: 'old', to: 'nozzle.old' })).rejects.toThrow(
      '1 documents',
    );
    expect(await shapes('blocked')).toEqual([{ old: 1, nozzle: 'none' }]);
  });

  test('catches what others write under the old name, and keeps the newest value', async () => {
    const racing = db.collection('renaming');
    await racing.insertMany(Array.from({ length: 100 }, (_, index) => ({ index, old: 0 })));
    let writes = 0;
    let running = true;
    const writer = (async () => {
      for (; running && writes < 30; writes += 1) {
        await racing.updateMany({ old: { $exists: true } }, { $inc: { old: 1, count: 1 } });
        await racing.insertOne({ old: 0 });
      }
    })();
    await renameField(db, { ...change, collection: 'renaming' });
    running = false;
    await writer;
    await renameField(db, { ...change, collection: 'renaming' });
    const found = await shapes('renaming');
    expect(found).toHaveLength(100 + writes);
    expect(found.every((one) => one['new'] === (one['count'] ?? 0) && !('old' in one))).toBe(true);
  });
});

test('values that many documents share take one update for all of these, away and back', async () => {
  const client = await MongoClient.connect(uri, { monitorCommands: true });
  atEnd(() => client.close());
  const updates: unknown[] = [];
  client.on('commandStarted', ({ command }) => {
    if (command['update'] === 'shared') updates.push(...command['updates']);
  });
  const shared = client.db().collection('shared');
  await shared.insertMany(Array.from({ length: 100 }, (_, x) => ({ x: x < 90 ? null : x })));
  const before = await shared.find().toArray();
  await removeField(client.db(), { collection: 'shared', field: 'x' });
  expect(await shared.countDocuments({ x: { $exists: true } })).toBe(0);
  await addField(client.db(), { collection: 'shared', field: 'x' });
  expect(await shared.find().toArray()).toEqual(before);
  expect(updates).toHaveLength(2 * 11);
});
