import { once } from 'node:events';
import { MongoClient, MongoServerError, ObjectId, type Db, type Document } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import mongoose, { type Connection } from 'mongoose';
import { pino } from 'pino';
import { createApp } from '../src/app.ts';
import { loadSettings, maskUri } from '../src/config.ts';
import { sampleDocuments } from '../src/database/index.ts';
import { openTemporary } from '../src/database/launch.ts';
import { sampleEngine } from '../src/engines/sample.ts';
import { RESOURCES } from '../src/models.ts';
import { messageOf, OperatorError } from '../src/operator-error.ts';
import { httpServer } from '../src/rest/index.ts';
import { SEARCH } from '../src/schema/index.ts';

const BATCH = 1000;

/** What one query cost the database. */
export interface Plan {
  keysExamined: number;
  docsExamined: number;
  returned: number;
}

/** Opens an empty database for the benchmark: at MONGODB_URI if that is set, else on an embedded server in memory. */
export async function openBenchDatabase() {
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
    const isSecantus = (await db.command({ hello: 1 }))['setName'] === 'secantus';
    const { version } = await db.command({ buildInfo: 1 });
    await db.dropDatabase();
    const place = mongodbUri === null ? 'embedded, in memory' : maskUri(uri);
    const description = `${isSecantus ? 'SecantusDB as ' : ''}MongoDB ${version}, ${place}`;
    return { db, uri, description, isSecantus, close: () => db.dropDatabase().finally(disconnect) };
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

/** Has the database explain the queries that the API really sends for the given paths. */
export async function explainQueries(uri: string, paths: readonly string[]): Promise<(Plan | string)[]> {
  const connection = mongoose.createConnection(uri, { monitorCommands: true, autoCreate: false, autoIndex: false });
  const queries: Document[] = [];
  connection.getClient().on('commandStarted', ({ command, commandName }) => {
    if (commandName === 'find') queries.push(command);
  });
  const server = httpServer(
    createApp({
      connection: await connection.asPromise(),
      resources: RESOURCES,
      logger: pino({ level: 'silent' }),
      migrations: [],
      settings: loadSettings(),
    }),
  );
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    for (const path of paths) await (await fetch(`http://127.0.0.1:${port}${path}`)).arrayBuffer();
    return await Promise.all(queries.map((query) => explain(connection, query)));
  } finally {
    server.close();
    server.closeAllConnections();
    await connection.close();
  }
}

/** @returns the plan, or the reason why the database has none */
async function explain(connection: Connection, command: Document): Promise<Plan | string> {
  // The driver adds fields that are not part of the query, and explain refuses them.
  const isOfDriver = (name: string) => name.startsWith('$') || name === 'lsid' || name === 'maxTimeMS';
  const query = Object.fromEntries(Object.entries(command).filter(([name]) => !isOfDriver(name)));
  try {
    const answer = await connection.getClient().db().command({ explain: query, verbosity: 'executionStats' });
    const { totalKeysExamined, totalDocsExamined, nReturned } = Object(answer['executionStats']);
    if (typeof totalKeysExamined !== 'number') return 'this database counts no keys';
    return { keysExamined: totalKeysExamined, docsExamined: totalDocsExamined, returned: nReturned };
  } catch (error) {
    if (error instanceof MongoServerError) return `this database cannot explain: ${error.message}`;
    throw error;
  }
}
