import type { Db } from 'mongodb';
import { indexesOf } from './made-indexes.ts';
import type { PlanEvent } from './record.ts';

/**
 * How many times as long as reading a document other work on it takes. Reading is measured. Measured on MongoDB's own
 * engine and on SecantusDB: 0.4 to 8 for an entry of an index, 0.3 to 14 where one write changes many documents, 4 to
 * 40 where each document has a write of its own.
 */
const TIMES = { index: 2, validator: 1, together: 6, apart: 15 };

/** The same for a batch of a backfill, whose reading and conversion are measured together. */
const TIMES_OF_BATCH = { together: 4, apart: 10 };

const SAMPLE = 1000;

/** Estimates how many seconds the steps of a migration take, each by a sample of its documents. */
export function estimator(db: Db): (event: PlanEvent) => Promise<number> {
  const readings = new Map<string, ReturnType<typeof read>>();

  async function read(name: string) {
    const collection = db.collection(name);
    const startedAt = performance.now();
    const { length } = await collection.find({}, { limit: SAMPLE, batchSize: SAMPLE }).toArray();
    const each = (performance.now() - startedAt) / Math.max(1, length);
    return { each, documents: length < SAMPLE ? length : await collection.estimatedDocumentCount() };
  }

  return async (event) => {
    if ('label' in event) return secondsOf(forBackfill(event));
    const { operation, parameters, stored, documents = 0 } = event;
    if (stored === undefined) return 0;
    const reading = readings.get(stored) ?? read(stored);
    readings.set(stored, reading);
    const { each, documents: all } = await reading;
    if (operation === 'command collMod') return secondsOf(all * each * TIMES.validator);
    if (operation.startsWith('createIndex'))
      return secondsOf(all * each * TIMES.index * indexesOf(operation, parameters).length);
    return secondsOf(documents * each * (operation.endsWith('Many') ? TIMES.together : TIMES.apart));
  };
}

function forBackfill({ documents, sample, writes }: Extract<PlanEvent, { label: string }>): number {
  if (sample.documents === 0) return 0;
  const { together, apart } = TIMES_OF_BATCH;
  const times = writes < sample.documents ? together : apart;
  return (documents * sample.milliseconds * times) / sample.documents;
}

const secondsOf = (milliseconds: number) => Math.ceil(milliseconds / 1000);
