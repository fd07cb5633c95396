import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Db } from 'mongodb';
import type { Connection } from 'mongoose';
import { pino, type Logger } from 'pino';
import { createApp } from './app.ts';
import { loadSettings } from './config.ts';
import type { Settings } from './settings.ts';
import { connect } from './database/connect.ts';
import { initialiseCollections } from './database/init.ts';
import { collectionDefinitions } from './models.ts';
import { httpServer } from './rest/http-server.ts';
import { atEnd } from './testing/cleanup.ts';

/** A database that no other test file uses; dropped and closed after the file's tests. */
export interface TestDatabase {
  connection: Connection;
  db: Db;
  /** The defaults. */
  settings: Settings;
  report: (line: string) => void;
  /** For a command that is given `MONGODB_URI`. */
  uri: string;
}

/** Takes an empty database on the run's server. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = process.env['TEST_MONGODB_URI'];
  if (server === undefined) throw new Error('run the tests with npm test');
  const name = `test-${randomUUID()}`;
  const connection = await connect(server, name);
  const { db } = connection;
  if (!db) throw new Error('the connection is not open');
  atEnd(async () => {
    await db.dropDatabase();
    await connection.close();
  });
  const uri = new URL(server);
  uri.pathname = name;
  const settings = loadSettings({ INSTANCE_PATH: 'node_modules/.cache/no-instance' });
  return { connection, db, settings, report: () => {}, uri: uri.href };
}

/** The API over real HTTP, on an initialised database of its own; both end with the file's tests. */
export async function testServer(logger: Logger = pino({ level: 'silent' })) {
  const database = await testDatabase();
  await initialiseCollections(database.db, collectionDefinitions(database.connection));
  const url = await serve(database.connection, logger);
  return { ...database, url, engines: database.db.collection('engines') };
}

/** Serves the API on a free port until the file's tests end. */
export async function serve(connection: Connection, logger: Logger = pino({ level: 'silent' })): Promise<string> {
  const server = httpServer(createApp({ connection, logger, migrations: [] })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no address');
  return `http://127.0.0.1:${address.port}`;
}
