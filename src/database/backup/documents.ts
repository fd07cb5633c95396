import { setImmediate as turn } from 'node:timers/promises';
import type { ClientSession, Collection } from 'mongodb';
import { takeBatch } from './cursor-batch.ts';

const SMALLEST = 5;
/** MongoDB's limit for a stored document is 16 MiB; its own collections may go a little above it. */
const LARGEST = 16 * 1024 * 1024 + 16 * 1024;
const TERMINATOR = -1;
const MOST_DOCUMENTS = 5000;
const MOST_BYTES = 4 * 1024 * 1024;
/** The most documents in a batch of a cursor. The server also limits it to 16 MB. */
const CURSOR_BATCH = 5000;

/** Bytes that are not a sequence of BSON documents. The message says where the damage begins. */
export class DamagedBson extends Error {}

/**
 * Cuts a stream of BSON documents into batches of at most 5,000 documents and about 4 MB.
 * @param isArchive whether blocks of documents end in a terminator, as in mongodump's archives. A terminator is yielded as an empty batch
 * @throws {DamagedBson} if a length is impossible, a document does not end in a zero byte, or the stream ends inside one
 */
export async function* documentBatches(chunks: AsyncIterable<Buffer>, isArchive = false): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  let batch: Buffer[] = [];
  let size = 0;
  let count = 0;
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let length; rest.length >= 4; rest = rest.subarray(length)) {
      length = rest.readInt32LE();
      if (isArchive && length === TERMINATOR) {
        if (batch.length > 0) yield batch;
        yield [];
        [batch, size, length] = [[], 0, 4];
        continue;
      }
      if (length < SMALLEST || length > LARGEST)
        throw new DamagedBson(`document ${count + 1} has the length ${length}`);
      if (rest.length < length) break;
      if (rest[length - 1] !== 0) throw new DamagedBson(`document ${count + 1} does not end where its length says`);
      if (batch.length === MOST_DOCUMENTS || (batch.length > 0 && size + length > MOST_BYTES)) {
        yield batch;
        [batch, size] = [[], 0];
      }
      batch.push(rest.subarray(0, length));
      size += length;
      count += 1;
    }
  }
  if (rest.length > 0) throw new DamagedBson(`it ends in the middle of document ${count + 1}`);
  if (batch.length > 0) yield batch;
}

interface Reading {
  session?: ClientSession | undefined;
  /** Whether the buckets of a time series are read, instead of its measurements. */
  rawData?: boolean;
}

/** Reads a collection's documents as bytes, in the order in which they are stored, batch by batch. */
export async function* storedBatches(collection: Collection, reading: Reading = {}): AsyncGenerator<Uint8Array[]> {
  const { session, rawData = false } = reading;
  const cursor = collection.find(
    {},
    {
      raw: true,
      batchSize: CURSOR_BATCH,
      ...(session && { session }),
      ...(rawData && { rawData }), // missing in the driver's types
    },
  );
  try {
    let more = cursor.hasNext();
    while (await more) {
      const batch = takeBatch(cursor);
      more = cursor.hasNext(); // the server prepares the next batch while this one is processed
      more.catch(() => {});
      await turn(); // without this the driver would send its request only after that
      yield batch();
    }
  } finally {
    await cursor.close();
  }
}
