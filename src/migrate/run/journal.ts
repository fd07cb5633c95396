import type { Collection, Db, FindOptions, ObjectId } from 'mongodb';
import type { Owner } from '../../lease/index.ts';
import { CHANGELOG_COLLECTION } from '../../own-collections.ts';

/** What a run does: `up` and `down` run the migration; `stamp` and `unstamp` only mark it as applied or pending. */
export type Action = 'up' | 'down' | 'stamp' | 'unstamp';

/** How many documents and other things a run has changed, by the name of the write. */
export type Counts = Record<string, number>;

/** How far a backfill has come. */
export interface Checkpoint {
  /** `_id` of the last document that was converted or skipped. */
  last: unknown;
  done: number;
  total: number;
}

/** A checkpoint as it is in the journal. Older versions noted only where the backfill was. */
export interface NotedCheckpoint extends Checkpoint {
  /** How many documents it converted per second of late; `null` if that is not known. */
  documentsPerSecond?: number | null;
  /** How long it took from the checkpoint before to this one; `null` for the first. */
  betweenMs?: number | null;
  /** When it came this far, by the database's clock. */
  changedAt?: Date;
  /** Whether no document was left to convert. */
  hasEnded?: boolean;
}

/** One run of one migration. */
export interface Entry {
  /** Counts up from 1: the order of history. */
  _id: number;
  fileName: string;
  action: Action;
  state: 'started' | 'done' | 'failed';
  fileHash: string;
  /** The fencing token of the lease under which it ran. */
  token: number;
  owner: Owner;
  startedAt: Date;
  endedAt?: Date;
  error?: string;
  /** The writes that were sent. For a run that was killed: those before its last checkpoint. */
  counts: Counts;
  /** By the key of the backfill's label, see `keyOf`. */
  checkpoints: Record<string, NotedCheckpoint>;
}

/** An applied migration, as migrate-mongo records it. */
export interface Applied {
  /** The file's name, so that no migration is recorded twice. In entries that migrate-mongo itself made: an ObjectId. */
  _id: string | ObjectId;
  fileName: string;
  appliedAt: Date;
  migrationBlock?: number;
  fileHash?: string;
}

const JOURNAL_COLLECTION = 'migration_journal';

/** Which migrations have run in a database. */
export interface History {
  /** In the order in which they were applied. */
  applied: Applied[];
  /** Oldest first. */
  entries: Entry[];
  /** The last run of each migration that has neither ended well nor ended without a write. */
  unfinished: Entry[];
}

const journalOf = (db: Db): Collection<Entry> => db.collection<Entry>(JOURNAL_COLLECTION);
const changelogOf = (db: Db): Collection<Applied> => db.collection<Applied>(CHANGELOG_COLLECTION);

/** Reads the journal and the changelog. */
export async function readHistory(db: Db, options: FindOptions = {}): Promise<History> {
  const applied = await changelogOf(db).find({}, options).sort({ appliedAt: 1, fileName: 1 }).toArray();
  const entries = await journalOf(db).find({}, options).sort({ _id: 1 }).toArray();
  const last = new Map(entries.map((entry) => [entry.fileName, entry]));
  for (const entry of last.values()) if (entry.state === 'started' && isCommitted(entry, applied)) entry.state = 'done';
  return { applied, entries, unfinished: [...last.values()].filter(isUnfinished) };
}

/** Whether a run has ended well, although it was killed before it could note that in the journal. */
const isCommitted = ({ action, fileName }: Entry, applied: readonly Applied[]) =>
  applied.some((entry) => entry.fileName === fileName) === (action === 'up' || action === 'stamp');

const isUnfinished = ({ state, counts }: Entry) =>
  state === 'started' || (state === 'failed' && Object.keys(counts).length > 0);

/** A backfill that has begun and not ended. */
interface OpenBackfill {
  migration: string;
  label: string;
  /** When the run of its migration began, by the clock of the process that runs it. */
  startedAt: Date;
  checkpoint: NotedCheckpoint;
}

/** How far the backfills of the last run have come that have begun and not ended; also if their process was killed. */
export async function openBackfills(db: Db, options: FindOptions = {}): Promise<OpenBackfill[]> {
  // An older run that has not ended was resumed or undone since, so it is over.
  const last = await journalOf(db).findOne({}, { ...options, sort: { _id: -1 } });
  if (last?.state !== 'started') return [];
  const { fileName: migration, startedAt, checkpoints } = last;
  return Object.entries(checkpoints)
    .filter(([, { hasEnded }]) => hasEnded !== true)
    .map(([key, checkpoint]) => ({ migration, label: labelOf(key), startedAt, checkpoint }));
}

/** Begins an entry. If another process also believes that it holds the lease, one of them fails: both take the same number. */
export async function begin(db: Db, entry: Omit<Entry, '_id' | 'state' | 'startedAt'>): Promise<Entry> {
  const journal = journalOf(db);
  const newest = await journal.findOne({}, { sort: { _id: -1 }, projection: { _id: 1 } });
  const started: Entry = { _id: (newest?._id ?? 0) + 1, ...entry, state: 'started', startedAt: new Date() };
  await journal.insertOne(started);
  return started;
}

/**
 * Ends an entry well: first in the changelog, which decides whether the migration is applied, then in the journal.
 */
export async function commit(db: Db, entry: Entry, migrationBlock: number, counts: Counts): Promise<void> {
  const { _id, fileName, fileHash, action } = entry;
  if (action === 'up' || action === 'stamp') {
    // An existing entry only gets the hash of the present file, and keeps the time at which it was applied.
    const applied = { _id: fileName, appliedAt: new Date(), migrationBlock };
    await changelogOf(db).updateOne({ fileName }, { $set: { fileHash }, $setOnInsert: applied }, { upsert: true });
  } else await changelogOf(db).deleteMany({ fileName });
  await journalOf(db).updateOne({ _id }, { $set: { state: 'done', endedAt: new Date(), counts } });
}

/** Ends an entry that failed. */
export async function fail(db: Db, { _id }: Entry, error: string, counts: Counts): Promise<void> {
  await journalOf(db).updateOne({ _id }, { $set: { state: 'failed', endedAt: new Date(), error, counts } });
}

/** Notes in an entry how far a backfill has come, or that it has ended. */
export async function saveCheckpoint(
  db: Db,
  { _id }: Entry,
  label: string,
  checkpoint: Omit<NotedCheckpoint, 'changedAt'> | { hasEnded: true },
  counts: Counts,
): Promise<void> {
  const path = `checkpoints.${keyOf(label)}`;
  const fields = Object.entries(checkpoint).map(([name, value]) => [`${path}.${name}`, value]);
  await journalOf(db).updateOne(
    { _id },
    { $set: { ...Object.fromEntries(fields), counts }, $currentDate: { [`${path}.changedAt`]: true } },
  );
}

/** The label of a backfill as the name of a field. */
export const keyOf = (label: string) =>
  label.replaceAll(/[%.$]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** The label of such a name. */
export const labelOf = (key: string) => decodeURIComponent(key);
