import { expect, jest, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { takeBatch } from './cursor-batch.ts';

const { db } = await testDatabase();
const BATCH = 120; // names of an array's members get longer from 10 on, and from 100

async function cursorOver(documents: Document[]) {
  const collection = db.collection(String(new ObjectId()));
  if (documents.length > 0) await collection.insertMany(documents);
  return collection.find({}, { raw: true, batchSize: BATCH });
}

const many = (count: number): Document[] => Array.from({ length: count }, (_, index) => ({ _id: index, index }));
const CASES: Record<string, Document[]> = {
  nothing: [],
  'an empty document': [{}],
  'arrays inside': [{ _id: [[], [{}], ['a\0b']] }, { _id: { 0: { 1: [] } } }],
  'several batches': many(BATCH * 2 + 5),
  'just one batch': many(BATCH),
};

test.each(Object.entries(CASES))(
  'it takes what the driver takes, without taking it apart: %s',
  async (_name, documents) => {
    const [fast, slow] = [await cursorOver(documents), await cursorOver(documents)];
    const takenApart = jest.spyOn(fast, 'readBufferedDocuments');
    while (await fast.hasNext()) {
      expect(await slow.hasNext()).toBe(true);
      const [batch, expected] = [takeBatch(fast)(), slow.readBufferedDocuments()];
      expect(batch.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
        expected.map((bytes) => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : bytes)),
      );
    }
    expect(await slow.hasNext()).toBe(false);
    expect(takenApart).not.toHaveBeenCalled();
  },
);

test('where the driver keeps answers otherwise, it is asked for documents', async () => {
  const cursor = await cursorOver(many(3));
  await cursor.hasNext();
  const answer: unknown = Reflect.get(cursor, 'documents');
  Reflect.set(cursor, 'documents', { length: 3, shift: (options: unknown) => Object(answer).shift(options) });
  expect(takeBatch(cursor)()).toHaveLength(3);
});
