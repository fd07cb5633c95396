import { once } from 'node:events';
import type { Connection } from 'mongoose';
import { pino, type Logger } from 'pino';
import { createApp } from './app.ts';
import { initialiseCollections } from './database/init.ts';
import { collectionDefinitions } from './models.ts';
import { httpServer } from './rest/http-server.ts';
import { atEnd } from './testing/cleanup.ts';
import { testDatabase } from './testing/database.ts';

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
