import { randomBytes } from 'node:crypto';
import { MongoError, type Db, type MongoClient } from 'mongodb';
import { interruption, remaining } from '../interruption.ts';
import { SCRATCH, takeLease, thisProcess, type Lease, type LeaseDocument } from '../lease/index.ts';
import { messageOf, OperatorError } from '../operator-error.ts';
import { isServers, SCRATCH_MARKER } from '../own-collections.ts';

/** The one document of the marker: the lease of a scratch database. */
interface Marker extends LeaseDocument {
  /** The name of the scratch database: the marker of a copy of it says nothing about the copy. */
  database: string;
  /** The owner and the time, in the marker of a version that had no such leases. */
  host?: string;
  pid?: number;
  madeAt?: Date;
}

const NAME = /^(rehearsal|verify)-[0-9a-f]{8}$/;

/** An owner that is not known to have ended counts as ended when it has sent no heartbeat for so long. */
const LEASE_SECONDS = 60;

/**
 * Runs an action on a database of its own, and drops that database afterwards, whatever came of the action, also when the
 * command that runs is interrupted. If the database cannot be dropped, that is reported.
 * @param action must write nothing more once the signal is aborted
 * @throws {OperatorError} if the action did, or lost the database's server
 */
export async function withScratch<T>(
  client: MongoClient,
  purpose: 'rehearsal' | 'verify',
  report: (line: string) => void,
  action: (scratch: Db, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const db = client.db(`${purpose}-${randomBytes(4).toString('hex')}`);
  const left = `The database ${db.databaseName} is left behind; the next npm run migrate:rehearse or db:verify removes it.`;
  const takeBack = remaining(left);
  try {
    const lease = await make(db, purpose);
    try {
      return await action(db, AbortSignal.any([interruption(), lease.lost]));
    } finally {
      if (interruption().aborted) report(`Removing ${db.databaseName} ...`);
      await lease.end(() => drop(db)).catch((error: unknown) => report(`${left} (${messageOf(error)})`));
    }
  } catch (error) {
    throw error instanceof MongoError
      ? new OperatorError(`The work in ${db.databaseName} stopped: ${error.message}. Run it again.`, { cause: error })
      : error;
  } finally {
    takeBack();
  }
}

/** Makes a scratch database, which has its marker from the first moment. */
async function make(db: Db, purpose: string): Promise<Lease> {
  const isThere = await db.listCollections({}, { nameOnly: true }).hasNext();
  const lease = isThere ? undefined : await leaseOf(db, purpose);
  if (lease === undefined) throw new OperatorError(`${db.databaseName} is there already. Run it again.`);
  return lease;
}

async function leaseOf(db: Db, purpose: string): Promise<Lease | undefined> {
  const { lease } = await takeLease(db, SCRATCH, {
    owner: thisProcess(purpose),
    leaseSeconds: LEASE_SECONDS,
    endsWithProcess: true, // what a killed process still writes there is of no value
    fields: { database: db.databaseName },
    lost: `Another process has removed ${db.databaseName}. Run it again.`,
  });
  return lease;
}

/**
 * Removes the scratch databases that killed processes have left, and reports each: only those that have a marker, whose
 * owner has ended for certain or has sent no heartbeat for a minute.
 */
export async function sweepScratch(client: MongoClient, report: (line: string) => void): Promise<void> {
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  for (const { name } of databases) {
    if (!NAME.test(name)) continue;
    const db = client.db(name);
    const marker = await db.collection<Marker>(SCRATCH_MARKER).findOne({ _id: SCRATCH.id, database: name });
    if (marker === null) continue;
    // Taken over, so that an owner that only stood still finds it out, and two sweepers do not meet.
    const lease = await leaseOf(db, 'remove');
    if (lease === undefined) continue;
    await lease.end(() => drop(db));
    const { host, pid } = marker.owner ?? marker;
    const since = (marker.takenAt ?? marker.madeAt)?.toISOString();
    report(`Removed ${name}, which process ${pid} on ${host} left behind at ${since}.`);
  }
}

/** The marker goes last, so that what is left of a drop that breaks off still says whose it is. */
async function drop(db: Db): Promise<void> {
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray())
    if (name !== SCRATCH_MARKER && !isServers(name)) await db.dropCollection(name);
  await db.dropDatabase();
}
