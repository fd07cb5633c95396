import { expect, test } from '@jest/globals';
import { testDatabase } from '../testing.ts';
import { addField, removeField } from './fields.ts';

const { db } = await testDatabase();
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
