import { expect, test } from '@jest/globals';
import { testDatabase } from '../../testing/database.ts';
import { RUN } from '../run/run-context.ts';
import { backfill } from './backfill.ts';

const { db } = await testDatabase();
const old = { label: 'a test', filter: { converted: { $exists: false } } };

test('converts every document once, batch by batch in the order of ids, and nothing on a second run', async () => {
  const probes = db.collection('probes');
  await probes.insertMany(Array.from({ length: 25 }, (_, index) => ({ index })));
  const batches: number[][] = [];
  const options = { ...old, fields: ['index'], batchSize: 10 };
  const convert: Parameters<typeof backfill>[1]['convert'] = async (batch) => {
    batches.push(batch.map(({ index }) => Number(index)));
    return batch.map(({ _id }) => ({ updateOne: { filter: { _id }, update: { $inc: { converted: 1 } } } }));
  };
  await backfill(probes, { ...options, convert });
  expect(batches.map((batch) => batch.length)).toEqual([10, 10, 5]);
  expect(batches.flat()).toEqual(Array.from({ length: 25 }, (_, index) => index));
  await backfill(probes, { ...options, convert });
  expect(batches).toHaveLength(3);
  expect(await probes.countDocuments({ converted: 1 })).toBe(25);
});

test('gives every document the same update, whatever the types of the ids', async () => {
  const probes = db.collection<{ _id: string | number; converted?: number }>('alike');
  const ids = Array.from({ length: 23 }, (_, index) => (index % 2 === 0 ? index : `id ${index}`));
  await probes.insertMany(ids.map((_id) => ({ _id })));
  const update = { $inc: { converted: 1 } };
  await backfill(db.collection('alike'), { ...old, batchSize: 5, update });
  expect(await probes.countDocuments({ converted: 1 })).toBe(23);
});

test('converts what others write in the old shape behind it', async () => {
  const probes = db.collection('busy');
  await probes.insertOne({});
  let late = 3;
  await backfill(probes, {
    ...old,
    async convert(batch) {
      if (late > 0) await probes.insertOne({ late: (late -= 1) });
      return batch.map(({ _id }) => ({ updateOne: { filter: { _id }, update: { $set: { converted: true } } } }));
    },
  });
  expect(await probes.countDocuments({ converted: true })).toBe(4);
});

test('says so when documents stay in the old shape', async () => {
  await db.collection('stubborn').insertOne({});
  await expect(backfill(db.collection('stubborn'), { ...old, convert: async () => [] })).rejects.toThrow(
    'a test: 1 documents still have the old shape. Run it again',
  );
});

test('passes over converted documents wherever they lie, if most are of the old shape', async () => {
  const probes = db.collection('mixed');
  await probes.insertMany(Array.from({ length: 30 }, (_, index) => (index % 5 === 0 ? { converted: 1 } : {})));
  await backfill(probes, { ...old, batchSize: 4, update: { $inc: { converted: 1 } } });
  expect(await probes.countDocuments({ converted: 1 })).toBe(30);
});

test('takes batches as large as fit the time that its run has for one', async () => {
  const sizes = async (batchMs: number) => {
    const many = db.collection(`many${batchMs}`);
    await many.insertMany(Array.from({ length: 1000 }, () => ({})));
    const found: number[] = [];
    const run = { batchMs, checkpoint: () => undefined, proceed: async () => {} };
    await backfill(Object.assign(many, { [RUN]: run }), {
      ...old,
      async convert(batch) {
        found.push(batch.length);
        const ids = batch.map(({ _id }) => _id);
        return [{ updateMany: { filter: { _id: { $in: ids } }, update: { $set: { converted: 1 } } } }];
      },
    });
    return found;
  };
  expect(await sizes(1e6)).toEqual([200, 400, 400]);
  expect(await sizes(0)).toEqual([200, 200, 200, 200, 200]);
});
