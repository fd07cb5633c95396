import { ObjectId, type Collection, type Document } from 'mongodb';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { DUPLICATE_KEY, hasCode } from '../error-code.ts';
import { OperatorError } from '../operator-error.ts';
import { showProgress } from '../progress.ts';

interface SampleOptions {
  count: number;
  /** The length of the period. */
  months: number;
  seed: number;
  /** The end of the period. */
  now: Date;
  make: (random: (least: number, most: number) => number, createdAt: Date, now: Date) => Document;
}

const BATCH_SIZE = 500;

/** Sample documents, oldest first; the same ones for the same options, `_id` included. */
export function* sampleDocuments({ count, months, seed, now, make }: SampleOptions): Generator<Document> {
  const generator = xoroshiro128plus(seed);
  const random = (least: number, most: number) => uniformInt(generator, least, most);
  const start = new Date(now);
  start.setUTCMonth(start.getUTCMonth() - months);
  const step = (now.getTime() - start.getTime()) / count;
  for (let index = 0; index < count; index += 1) {
    // Each document has its own stretch of time, all equally long, and a random moment in it.
    const createdAt = new Date(
      Math.floor(start.getTime() + index * step + random(0, Math.max(0, Math.floor(step) - 1))),
    );
    yield { _id: idOf(createdAt, random), ...make(random, createdAt, now) };
  }
}

/** An id as a server would have made it at that time. */
function idOf(time: Date, random: (least: number, most: number) => number): ObjectId {
  const words = Array.from({ length: 4 }, () => random(0, 0xff_ff).toString(16).padStart(4, '0'));
  return ObjectId.createFromHexString(
    Math.floor(time.getTime() / 1000)
      .toString(16)
      .padStart(8, '0') + words.join(''),
  );
}

/**
 * Stores sample documents in batches, with a progress bar.
 * @throws {OperatorError} if the collection is not empty and `append` is false, or it already holds these documents
 */
export async function seed(collection: Collection, append: boolean, options: SampleOptions): Promise<void> {
  const { collectionName: name } = collection;
  if (!append && (await collection.findOne({}, { projection: { _id: 1 } })) !== null)
    throw new OperatorError(`${name} is not empty. Add --append to store the sample data beside what is there.`);
  const progress = showProgress(`Seeding ${name}`, options.count);
  let batch: Document[] = [];
  const flush = async () => {
    if (batch.length > 0) await collection.insertMany(batch);
    progress.advance(batch.length);
    batch = [];
  };
  try {
    for (const document of sampleDocuments(options)) {
      batch.push(document);
      if (batch.length === BATCH_SIZE) await flush();
    }
    await flush();
  } catch (error) {
    if (hasCode(error, DUPLICATE_KEY))
      throw new OperatorError(`${name} already holds the sample data of seed ${options.seed}. Choose another --seed.`);
    throw error;
  } finally {
    progress.stop();
  }
}
