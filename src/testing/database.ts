import { randomUUID } from 'node:crypto';
import type { Db } from 'mongodb';
import type { Connection } from 'mongoose';
import { loadSettings } from '../config.ts';
import { connect } from '../database/connect.ts';
import { openTemporary } from '../database/launch.ts';
import type { Settings } from '../settings.ts';
import { atEnd } from './cleanup.ts';

/** A database that no other test file uses; closed after the file's tests. */
export interface TestDatabase {
  connection: Connection;
  db: Db;
  /** The defaults. */
  settings: Settings;
  report: (line: string) => void;
  /** For a command that is given `MONGODB_URI`. */
  uri: string;
}

/** Starts a server that no other test file uses, for tests of all its databases. It ends after the file's tests. */
export async function ownServer(): Promise<string> {
  const { uri, stop } = await openTemporary(loadSettings(), () => {});
  atEnd(stop);
  return uri;
}

/** Takes an empty database on the run's server, or on another. */
export async function testDatabase(server = process.env['TEST_MONGODB_URI']): Promise<TestDatabase> {
  if (server === undefined) throw new Error('run the tests with npm test');
  const name = `test-${randomUUID()}`;
  const connection = await connect(server, name);
  const { db } = connection;
  if (!db) throw new Error('the connection is not open');
  // The database is not dropped: that takes as long as filling it, and it disappears with its server.
  atEnd(() => connection.close());
  const uri = new URL(server);
  uri.pathname = name;
  const settings = loadSettings({ INSTANCE_PATH: 'node_modules/.cache/no-instance' });
  return { connection, db, settings, report: () => {}, uri: uri.href };
}
