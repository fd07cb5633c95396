import { beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import { probeModel } from '../../testing/fixtures.ts';
import { fixtureServer } from '../../testing.ts';
import { describeResource } from '../resource-description.ts';
import { insertAllOrNone, insertOrRemove, Undecided } from './all-or-none.ts';

const { db, probes, connection, settings } = await fixtureServer();
const ORIGIN = { caller: '', requestId: '' };
const { collection, ...rest } = describeResource(probeModel(connection), '/probes', settings);
const STAMP = new Date('2026-03-01T00:00:00Z');

beforeEach(async () => {
  await probes.deleteMany({});
});

const document = (_id = new ObjectId()): Document => ({
  _id,
  title: 'A',
  thrust: 0,
  lastFired: null,
  createdAt: STAMP,
  updatedAt: STAMP,
});

/** Windows of three rows each. */
function batchesFrom(documents: readonly Document[]) {
  return async function* () {
    for (let at = 0; at < documents.length; at += 3)
      yield documents.slice(at, at + 3).map((one, index) => ({ place: at + index, document: one, flaws: [] }));
  };
}

/** The collection, with something that happens at its n-th insert, before or after it is done. */
function disturbed(nth: number, happen: (insert: () => Promise<unknown>) => Promise<unknown>) {
  let count = 0;
  const insertMany = (documents: Document[], options: object) => {
    count += 1;
    const insert = () => probes.insertMany(documents, options);
    return count === nth ? happen(insert) : insert();
  };
  const target = new Proxy(collection, {
    get: (real, name) => (name === 'insertMany' ? insertMany : Reflect.get(real, name).bind?.(real)),
  });
  return { ...rest, collection: target };
}
const fail = () => Promise.reject(new Error('the line is cut'));

describe.each([
  ['in a transaction', insertAllOrNone],
  ['without transactions', insertOrRemove],
])('all or none, %s', (_where, insert) => {
  test('stores all', async () => {
    const documents = Array.from({ length: 8 }, () => document());
    expect(await insert({ ...rest, collection }, batchesFrom(documents), ORIGIN)).toEqual([]);
    expect(await probes.countDocuments()).toBe(8);
  });

  test('stores nothing if the database refuses one, and leaves what others have', async () => {
    const mine = Array.from({ length: 8 }, () => document());
    const taken = new ObjectId();
    const other = { ...document(taken), title: 'of another' };
    await probes.insertOne(other);
    const refused = await insert({ ...rest, collection }, batchesFrom([...mine.slice(0, 7), document(taken)]), ORIGIN);
    expect(refused).toMatchObject([{ place: 7, flaws: [{ pointer: '/id', keyword: 'unique' }] }]);
    expect(await probes.find().toArray()).toEqual([other]);
  });

  test.each([
    ['before it is done', fail],
    ['after it is done', (run: () => Promise<unknown>) => run().then(fail)],
  ])('stores nothing if a batch fails %s', async (_when, happen) => {
    const documents = Array.from({ length: 8 }, () => document());
    const inserting = insert(disturbed(2, happen), batchesFrom(documents), ORIGIN);
    await expect(inserting).rejects.toThrow(insert === insertOrRemove ? Undecided : 'the line is cut');
    expect(await probes.countDocuments()).toBe(0);
  });
});

test('without transactions, one of another that came with the same id while a batch failed is left alone', async () => {
  const mine = [document(), document(), document()];
  const other = { ...document(mine[1]?.['_id']), title: 'of another' };
  const happen = async () => {
    await probes.insertOne(other);
    return fail();
  };
  await expect(insertOrRemove(disturbed(1, happen), batchesFrom(mine), ORIGIN)).rejects.toThrow(Undecided);
  expect(await probes.find().toArray()).toEqual([other]);
});

test('without transactions, what is taken back leaves the history of an earlier member with the same id', async () => {
  const first = document();
  const second = document();
  const history = db.collection('probes.history');
  const resource = { ...rest, collection };
  await insertAllOrNone(resource, batchesFrom([first]), ORIGIN);
  await probes.deleteOne({ _id: first['_id'] });
  await history.updateMany({}, { $set: { at: new Date('2026-05-01') } });
  await probes.insertOne(second);
  expect(await insertOrRemove(resource, batchesFrom([first, document(), document(), second]), ORIGIN)).not.toEqual([]);
  expect(await probes.find().toArray()).toEqual([second]);
  expect(await history.find({ of: first['_id'] }).toArray()).toMatchObject([{ at: new Date('2026-05-01') }]);
});
