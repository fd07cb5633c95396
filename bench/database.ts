import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient, ObjectId, type Db, type Document } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { loadSettings, maskUri } from '../src/config.ts';
import { sampleDocuments } from '../src/database/index.ts';
import { openTemporary } from '../src/database/launch.ts';
import { sampleEngine } from '../src/engines/sample.ts';
import { messageOf, OperatorError } from '../src/operator-error.ts';
import { OUTBOX } from '../src/rest/writes/outbox.ts';
import { SEARCH } from '../src/schema/index.ts';

const BATCH = 1000;

/** An empty database. */
export interface BenchDatabase {
  db: Db;
  uri: string;
  isSecantus: boolean;
  kind: string;
  version: string;
  /** Where it is, without a password. */
  place: string;
}

/** Opens an empty database for the benchmark: at MONGODB_URI if that is set, else on an embedded server in memory. */
export async function openBenchDatabase(): Promise<BenchDatabase & { close: () => Promise<void> }> {
  const settings = loadSettings();
  const { mongodbUri } = settings;
  const report = (line: string) => console.error(line);
  const stop = async () => {};
  const server = mongodbUri === null ? await openTemporary(settings, report) : { uri: mongodbUri, stop };
  const uri = forBench(server.uri);
  // No operation may wait for ever, so that the benchmark ends.
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5000, socketTimeoutMS: 60_000 });
  const db = client.db();
  const disconnect = async () => {
    await client.close();
    await server.stop();
  };
  try {
    const { setName, msg } = await db.command({ hello: 1 });
    const { version } = await db.command({ buildInfo: 1 });
    await db.dropDatabase();
    const isSecantus = setName === 'secantus';
    const topology = msg === 'isdbgrid' ? 'sharded cluster' : setName === undefined ? 'standalone' : 'replica set';
    const kind = isSecantus ? 'SecantusDB as MongoDB' : `MongoDB (${topology})`;
    const close = async () => void (await db.dropDatabase().finally(disconnect));
    const place = mongodbUri === null ? 'embedded, in memory' : maskUri(uri);
    return { db, uri, isSecantus, kind, version, place, close };
  } catch (error) {
    await disconnect();
    throw new OperatorError(`${maskUri(uri)} cannot be used: ${messageOf(error)}`);
  }
}

/** The connection string with another database, and with the write concern that this project always uses. */
function forBench(text: string): string {
  const uri = new ConnectionString(text);
  uri.searchParams.set('w', 'majority');
  uri.searchParams.set('journal', 'true');
  // Without authSource the user is looked up in the database of the path, which changes here.
  if (uri.username && uri.pathname.length > 1 && !uri.searchParams.has('authSource'))
    uri.searchParams.set('authSource', decodeURIComponent(uri.pathname.slice(1)));
  uri.pathname = '/engines-bench';
  return uri.href;
}

/**
 * Fills the collection with the sample data of half a year.
 * @returns the newest id; all documents that are added later have newer ones
 */
export async function seed(db: Db, count: number, signal: AbortSignal): Promise<ObjectId> {
  let batch: Document[] = [];
  let youngest = new ObjectId();
  const flush = async () => {
    signal.throwIfAborted();
    if (batch.length > 0) await db.collection('engines').insertMany(batch);
    batch = [];
  };
  for (const document of sampleDocuments({ count, months: 6, seed: 1, now: new Date(), make: sampleEngine })) {
    youngest = document['_id'];
    if (batch.push(document) === BATCH) await flush();
  }
  await flush();
  return youngest;
}

/** Fills the tutorial's collection with the same engines, as its own model would store them. */
export const seedTutorial = (db: Db) =>
  db
    .collection('engines')
    .aggregate([{ $sort: { _id: 1 } }, { $unset: SEARCH }, { $set: { __v: 0 } }, { $out: 'tutorial' }])
    .toArray();

/** Takes away what requests have added to the seeded engines. @param youngest the newest id that stays */
export async function restore(db: Db, youngest: ObjectId): Promise<void> {
  for (const name of ['engines', 'tutorial']) await db.collection(name).deleteMany({ _id: { $gt: youngest } });
  await db.collection('engines').updateMany({ [OUTBOX]: { $exists: true } }, { $unset: { [OUTBOX]: true } });
  await db.collection('engines.history').deleteMany({});
}

const LOOK_MS = 100;

/** Waits until the relay of the history has ended its work: until it has nothing left, or leaves the rest where it is. */
export async function relayEnded(db: Db): Promise<void> {
  let left = Infinity;
  for (;;) {
    const count = await db.collection('engines').countDocuments({ [OUTBOX]: { $exists: true } });
    if (count === 0 || count === left) return;
    left = count;
    await sleep(LOOK_MS);
  }
}
