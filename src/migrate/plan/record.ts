import type { Document, MongoClient } from 'mongodb';
import { isArchive } from '../../own-collections.ts';
import type { MigrationFunction } from '../run/files.ts';
import type { PlannedBackfill } from '../run/run-context.ts';
import type { Catalog } from './catalog.ts';
import { recordingClient, type Recorded } from './recorder.ts';

/** A backfill, and what its sample writes to other collections. */
interface RecordedBackfill extends PlannedBackfill, Pick<Recorded, 'stored'> {
  /** The writes of the sample to other collections, without archives. */
  beside: Recorded[];
  /** How many writes the sample has, with those to other collections. */
  writes: number;
}

/** What a migration would have done. */
export type PlanEvent = Recorded | RecordedBackfill;

/** Runs one direction of a migration without a write. @returns what it would have done, in order */
export async function record(
  direction: MigrationFunction,
  client: MongoClient,
  databaseName: string,
  catalog: Catalog,
): Promise<PlanEvent[]> {
  const events: PlanEvent[] = [];
  // What a sample writes to other collections belongs to the backfill, and is no step of its own.
  let inSample: Recorded[] | undefined;
  const note = (write: Recorded) => void (inSample ?? events).push(write);
  const sample = async (take: () => Promise<PlannedBackfill>) => {
    const beside: Recorded[] = [];
    inSample = beside;
    const backfill = await take();
    inSample = undefined;
    const stored = catalog.get(backfill.collection)?.stored;
    events.push({
      ...backfill,
      ...(stored !== undefined && { stored }),
      beside: beside.filter(({ collection }) => !isArchive(collection ?? '')),
      writes: [backfill.sample.writes, ...beside.map(({ parameters }) => [parameters[0]].flat())].flat().length,
    });
  };
  const recording = recordingClient(client, databaseName, catalog, note, sample);
  await direction(recording.db(databaseName), recording);
  return events;
}

interface Found {
  write: Recorded;
  /** Finds all its documents, where its own filters find only those of a sample. */
  filter?: Document;
}

/** The writes of an event; for a backfill the writes of its sample, which stand for all its documents. */
export function writesOf(event: PlanEvent): Found[] {
  if (!('label' in event)) return [{ write: event }];
  const { collection, stored, documents, sample, filter, beside } = event;
  const parameters = [sample.writes];
  const write = { collection, operation: 'bulkWrite', parameters, documents, ...(stored !== undefined && { stored }) };
  return [{ write, filter }, ...beside.map((other) => ({ write: other, filter: {} }))];
}
