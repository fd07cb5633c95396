import type { Document, MongoClient } from 'mongodb';
import { isArchive } from '../../own-collections.ts';
import type { MigrationFunction } from '../run/files.ts';
import type { PlannedBackfill } from '../run/run-context.ts';
import type { Catalog } from './catalog.ts';
import { recordingClient, type Recorded } from './recorder.ts';

/** A backfill, and what the sample of it writes beside its batch. */
interface RecordedBackfill extends PlannedBackfill, Pick<Recorded, 'stored'> {
  /** To collections other than archives. */
  beside: Recorded[];
  /** How many writes the sample consists of, those beside it included. */
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
  // What a sample writes beside its batch belongs to the backfill, not to the steps.
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
  /** What its documents are found by, where its own filters name only some of them. */
  filter?: Document;
}

/** The writes of an event; those of a backfill's sample stand for those of all its documents. */
export function writesOf(event: PlanEvent): Found[] {
  if (!('label' in event)) return [{ write: event }];
  const { collection, stored, documents, sample, filter, beside } = event;
  const parameters = [sample.writes];
  const write = { collection, operation: 'bulkWrite', parameters, documents, ...(stored !== undefined && { stored }) };
  return [{ write, filter }, ...beside.map((other) => ({ write: other, filter: {} }))];
}
