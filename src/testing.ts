import { once } from 'node:events';
import type { Connection } from 'mongoose';
import { pino, type Logger } from 'pino';
import type { AccessSettings } from './access/index.ts';
import { createApp, type Services } from './app.ts';
import { loadSettings } from './config.ts';
import type { LimitSettings } from './limits/index.ts';
import { initialiseCollections } from './database/init.ts';
import { collectionDefinitions, RESOURCES } from './models.ts';
import { httpServer, type ResourceDeclaration, type ResourceSettings } from './rest/index.ts';
import { observe } from './telemetry/index.ts';
import { atEnd } from './testing/cleanup.ts';
import { testDatabase } from './testing/database.ts';
import { shardIfPossible } from './testing/shard.ts';
import { FIXTURES } from './testing/fixtures.ts';

interface ServerOptions {
  logger?: Logger;
  resources?: readonly ResourceDeclaration[];
  /** Settings that differ from the defaults. */
  settings?: Partial<ResourceSettings & AccessSettings & LimitSettings>;
  /** Requests that take longer are warnings. */
  slowMs?: number;
  /** The origins whose pages may use the server. */
  origins?: readonly string[];
  /** Asked for health. */
  probe?: Services['probe'];
  /** The names of the migrations that the server has. */
  migrations?: readonly string[];
}

const SILENT = pino({ level: 'silent' });

/** The API of the product, or of what a test brings, over real HTTP, on an initialised database of its own; both end with the file's tests. */
export async function testServer({ resources = RESOURCES, ...options }: ServerOptions = {}) {
  const database = await testDatabase();
  const definitions = collectionDefinitions(database.connection, resources);
  await initialiseCollections(database.db, definitions);
  await shardIfPossible(database.db, definitions);
  const url = await serve(database.connection, { resources, ...options });
  return { ...database, url, engines: database.db.collection('engines') };
}

/** The same with probes and relays, which test all code that does not depend on engines. */
export async function fixtureServer(options: ServerOptions = {}) {
  const server = await testServer({ resources: FIXTURES, ...options });
  return { ...server, probes: server.db.collection('probes'), relays: server.db.collection('relays') };
}

/** Serves probes and relays, or the resources of a test, on a free port until the file's tests end. */
export async function serve(
  connection: Connection,
  {
    logger = SILENT,
    resources = FIXTURES,
    settings = {},
    slowMs = 1000,
    origins = [],
    probe,
    migrations = [],
  }: ServerOptions = {},
) {
  const app = createApp({
    connection,
    resources,
    logger,
    migrations,
    settings: { ...loadSettings({}), cursorSigningSecret: () => 'tests', ...settings },
    ...(probe && { probe }),
  });
  const server = httpServer(app, { origins });
  observe(server, { connection, logger, slowMs });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no address');
  return `http://127.0.0.1:${address.port}`;
}
