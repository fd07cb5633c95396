import type { ClientSession, Db } from 'mongodb';
import { hasCode, UNAUTHORIZED } from '../../error-code.ts';
import { messageOf, OperatorError } from '../../operator-error.ts';
import { describeCollections, losesOrder, type Description } from './collections.ts';
import { BUCKETS } from './layout.ts';
import { isRefusal } from './refusal.ts';
import { storageOf, type Storage } from './storage.ts';

/** A collection or view that goes into a backup. */
export interface Chosen {
  description: Description;
  storage: Storage;
}

interface Unsupported {
  name: string;
  reason: string;
}

/**
 * Finds the collections and views to back up, and whether each can be, before anything is written.
 * @param skip names of those to leave out
 * @throws {OperatorError} naming all that cannot be backed up, and how to leave them out; or a name in `skip` that is no
 * collection
 */
export async function chooseCollections(
  db: Db,
  session: ClientSession | undefined,
  skip: readonly string[],
): Promise<Chosen[]> {
  const described = await describeCollections(db);
  const orphans = await bucketsAlone(db, described);
  const names = new Set([...described, ...orphans].map(({ name }) => name));
  const unknown = skip.filter((name) => !names.has(name));
  if (unknown.length > 0)
    throw new OperatorError(
      `${db.databaseName} has no collection ${unknown.join(' and no ')} that could be left out. Correct --skip.`,
    );
  const isTaken = ({ name }: { name: string }) => !skip.includes(name);
  const chosen: Chosen[] = [];
  const unsupported = orphans.filter(isTaken);
  for (const description of described.filter(isTaken)) {
    const storage = await storageOf(db, description);
    const reason = unsupportedBecause(description) ?? (await unreadable(db, description, storage, session));
    if (reason === undefined) chosen.push({ description, storage });
    else unsupported.push({ name: description.name, reason });
  }
  if (unsupported.length === 0) return chosen;
  throw new OperatorError(
    `Nothing was backed up: ${unsupported.map(({ name, reason }) => `${name} ${reason}`).join('; ')}. ` +
      `Leave out what you can do without (${unsupported.map(({ name }) => `--skip '${name}'`).join(' ')}), or use mongodump.`,
  );
}

/** Why a collection or view cannot be backed up and copied: words that follow its name; `undefined` if it can. */
export function unsupportedBecause({ type, options, indexes }: Description): string | undefined {
  if (type === 'other') return 'is of an unknown kind';
  const index = indexes.find(({ key }) => losesOrder(key));
  if (index)
    return `has the index ${String(index['name'])} on fields whose names are numbers, and their order cannot be kept`;
  const stages: unknown = options['pipeline'];
  if (Array.isArray(stages) && stages.some((stage) => losesOrder(Object(stage).$sort)))
    return 'sorts by fields whose names are numbers, and their order cannot be kept';
  return undefined;
}

/** Tries to read a bucket: that needs more than the right to read (`performRawDataOperations`). */
async function unreadable(
  db: Db,
  { type }: Description,
  { collection, rawData }: Storage,
  session: ClientSession | undefined,
): Promise<string | undefined> {
  if (type !== 'timeseries') return undefined;
  try {
    await db.collection(collection).findOne({}, { ...(session && { session }), ...(rawData && { rawData }) });
    return undefined;
  } catch (error) {
    if (!isRefusal(error) && !hasCode(error, UNAUTHORIZED)) throw error;
    return `cannot be read (${messageOf(error)})`;
  }
}

/** Buckets whose time series is missing. The server's own collections are left out of backups, but these hold data. */
async function bucketsAlone(db: Db, described: readonly Description[]): Promise<Unsupported[]> {
  const listed = await db.listCollections({}, { nameOnly: true }).toArray();
  const series = new Set(described.filter(({ type }) => type === 'timeseries').map(({ name }) => BUCKETS + name));
  return listed
    .filter(({ name }) => name.startsWith(BUCKETS) && !series.has(name))
    .map(({ name }) => ({ name, reason: 'holds the buckets of a time series that is missing' }));
}
