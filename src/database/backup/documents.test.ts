import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { BSON } from 'mongodb';
import { DamagedBson, documentBatches } from './documents.ts';

const documents = fc.array(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double(), fc.boolean())), {
  maxLength: 12,
});
const serialise = (values: object[]) => values.map((value) => Buffer.from(BSON.serialize(value)));

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const batch of documentBatches(chunks)) found.push(...batch);
  return found;
}

test('documents come out as they went in, however the stream is cut into pieces', async () => {
  await fc.assert(
    fc.asyncProperty(documents, fc.integer({ min: 1, max: 50 }), async (values, size) => {
      const expected = serialise(values);
      expect(await collect(inPieces(Buffer.concat(expected), size))).toEqual(expected);
    }),
  );
});

test('a stream that ends within a document is damaged, at every byte', async () => {
  const whole = serialise([{ a: 1 }, {}, { text: 'x'.repeat(40) }]);
  const bytes = Buffer.concat(whole);
  const ends = new Set([0, whole[0]?.length, (whole[0]?.length ?? 0) + (whole[1]?.length ?? 0), bytes.length]);
  for (let end = 0; end <= bytes.length; end += 1) {
    const outcome = collect(inPieces(bytes.subarray(0, end), 7));
    if (ends.has(end)) await outcome;
    else await expect(outcome).rejects.toThrow(DamagedBson);
  }
});

test('no batch exceeds its bounds, but for a single large document', async () => {
  const sizes = [3_000_000, 3_000_000, 10, 10, 9_000_000, 10];
  const bytes = Buffer.concat(serialise(sizes.map((size) => ({ text: 'x'.repeat(size) }))));
  const batches: number[] = [];
  for await (const batch of documentBatches(inPieces(bytes, 1_000_000))) batches.push(batch.length);
  expect(batches).toEqual([1, 3, 1, 1]);
});
