import { connect } from '../database/connect.ts';
import { initialiseCollections } from '../database/init.ts';
import { collectionDefinitions } from '../models.ts';
import { serve } from '../testing.ts';
import { atEnd } from './cleanup.ts';
import { testDatabase } from './database.ts';
import { FIXTURES } from './fixtures.ts';
import { lineTo } from './line.ts';

/** A database of its own with the collections of the tests. */
export async function initialisedDatabase() {
  const database = await testDatabase();
  await initialiseCollections(database.db, collectionDefinitions(database.connection, FIXTURES));
  return database;
}

/**
 * The API, and the line between it and its database.
 * @param auth `none`: no request waits for a look at the keys, so that its first command is that of its own work
 */
export async function serveThroughLine(
  { uri, db }: Awaited<ReturnType<typeof initialisedDatabase>>,
  auth: 'auto' | 'none' = 'auto',
) {
  const line = await lineTo(uri);
  const connection = await connect(line.uri, db.databaseName, true);
  atEnd(() => connection.close(true));
  return { ...line, url: await serve(connection, { settings: { auth } }) };
}
