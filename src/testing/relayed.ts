import type { Collection, Document } from 'mongodb';
import { until } from './until.ts';

/** Waits until no document of a collection carries entries that are to be moved to its history. */
export const relayed = <Stored extends Document>(collection: Collection<Stored>): Promise<void> =>
  until(async () => (await collection.aggregate([{ $match: { _outbox: { $exists: true } } }]).toArray()).length === 0);
