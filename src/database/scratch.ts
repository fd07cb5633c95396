import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { MongoError, type Db, type MongoClient } from 'mongodb';
import { interruption, remaining } from '../interruption.ts';
import { OperatorError } from '../operator-error.ts';
import { isServers, SCRATCH_MARKER } from '../own-collections.ts';
import { giveUp, isLeftover, keepRenewing, silentFor, take } from './backup/ownership.ts';

/** The one document of it. */
interface Marker {
  _id: 'owner';
  /** The name of the scratch database: the marker of a copy of it says nothing about the copy. */
  database: string;
  host: string;
  pid: number;
  /** Where `pid` means this one process; `null` where that is not known. */
  space: string | null;
  token: string;
  madeAt: Date;
  /** By the database's clock. */
  renewedAt: Date;
}

const NAME = /^(rehearsal|verify)-[0-9a-f]{8}$/;

const RENEW_MS = 5000;
/** An owner that is not known to have ended counts as ended when it has not renewed its marker for so long. */
const STALE_MS = 60_000;

/**
 * Runs an action on a database of its own, and drops that afterwards, whatever came of the action: also when the command
 * that runs is told to end. What cannot be dropped is told.
 * @param action is to write nothing more once the signal is aborted
 * @throws {OperatorError} if the action did, or lost the database's server
 */
export async function withScratch<T>(
  client: MongoClient,
  purpose: 'rehearsal' | 'verify',
  report: (line: string) => void,
  action: (scratch: Db, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const db = client.db(`${purpose}-${randomBytes(4).toString('hex')}`);
  const token = randomUUID();
  take(token);
  const left = `The database ${db.databaseName} is left behind; the next npm run migrate:rehearse or db:verify removes it.`;
  const takeBack = remaining(left);
  let stop: () => Promise<void> = async () => {};
  try {
    const mine = await mark(db, token);
    stop = mine.stop;
    return await action(db, AbortSignal.any([interruption(), mine.signal]));
  } catch (error) {
    throw error instanceof MongoError
      ? new OperatorError(`The work in ${db.databaseName} stopped: ${error.message}. Run it again.`, { cause: error })
      : error;
  } finally {
    await stop();
    if (interruption().aborted) report(`Removing ${db.databaseName} ...`);
    await drop(db).catch((error: unknown) =>
      report(`${left} (${error instanceof Error ? error.message : String(error)})`),
    );
    takeBack();
    giveUp(token);
  }
}

/** Marks a database as one's own, and keeps the mark fresh. The signal is aborted when it is somebody else's. */
async function mark(db: Db, token: string): Promise<{ signal: AbortSignal; stop: () => Promise<void> }> {
  const markers = db.collection<Marker>(SCRATCH_MARKER);
  if (await db.listCollections({}, { nameOnly: true }).hasNext())
    throw new OperatorError(`${db.databaseName} is there already. Run it again.`);
  const owner = { database: db.databaseName, ...ownerOf(token) };
  await markers.updateOne({ _id: 'owner' }, [{ $set: { ...owner, madeAt: '$$NOW', renewedAt: '$$NOW' } }], {
    upsert: true,
  });
  const lost = new AbortController();
  const renew = async () => {
    const { matchedCount } = await markers.updateOne({ _id: 'owner', token }, [{ $set: { renewedAt: '$$NOW' } }]);
    if (matchedCount === 0)
      lost.abort(new OperatorError(`Another process has removed ${db.databaseName}. Run it again.`));
  };
  return { signal: lost.signal, stop: keepRenewing(renew, RENEW_MS) };
}

const ownerOf = (token: string) => ({
  host: { $literal: hostname() },
  pid: process.pid,
  space: { $literal: processSpace() },
  token,
});

/** This machine since its start, and the part of its processes that this one sees. See pid_namespaces(7) and random(4). */
function processSpace(): string | null {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null; // no /proc on this system
  }
}

/**
 * Removes the scratch databases that killed processes have left, and tells each: only those that have a marker, whose
 * owner has ended for certain or has not renewed it for a minute.
 */
export async function sweepScratch(client: MongoClient, report: (line: string) => void): Promise<void> {
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  for (const { name } of databases) {
    if (!NAME.test(name)) continue;
    const markers = client.db(name).collection<Marker>(SCRATCH_MARKER);
    const marker = await markers.findOne({ _id: 'owner', database: name });
    if (marker === null) continue;
    const { host, pid, space, token, madeAt } = marker;
    const hasEnded = space !== null && space === processSpace() && isLeftover(pid, token);
    // Taken over, so that an owner that only stood still finds it out, and two sweepers do not meet.
    const mine = randomUUID();
    const { matchedCount } = await markers.updateOne({ _id: 'owner', token, ...(!hasEnded && silentFor(STALE_MS)) }, [
      { $set: { ...ownerOf(mine), renewedAt: '$$NOW' } },
    ]);
    if (matchedCount === 0) continue;
    take(mine);
    await drop(client.db(name)).finally(() => giveUp(mine));
    report(`Removed ${name}, which process ${pid} on ${host} left behind at ${madeAt.toISOString()}.`);
  }
}

/** The marker goes last, so that what is left of a drop that breaks off still says whose it is. */
async function drop(db: Db): Promise<void> {
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray())
    if (name !== SCRATCH_MARKER && !isServers(name)) await db.dropCollection(name);
  await db.dropDatabase();
}
