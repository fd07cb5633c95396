import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import gracefulShutdown from 'http-graceful-shutdown';
import type { Logger } from 'pino';
import { createApp, type Services } from './app.ts';
import type { Settings } from './settings.ts';
import { openDatabase, type Database } from './database/index.ts';
import { initialiseIfEmpty } from './initialise.ts';
import { readNames } from './migrate/run/index.ts';
import { MIGRATIONS } from './migrations.ts';
import { missingMigrations } from './missing-migrations.ts';
import { collectionDefinitions, RESOURCES } from './models.ts';
import { OperatorError } from './operator-error.ts';
import { warnOfDifferences } from './readiness.ts';
import { describeResource, httpServer, moveLeftEntries, relaysEnded } from './rest/index.ts';

/** How long running requests may take to end when the server stops. */
const DRAIN_MS = 10_000;
/** How long before that time is over unfinished answers are broken off, so that none of them looks complete. */
const BREAK_OFF_MS = 250;

/** How long the relays may take to end; documents carry on what they have not moved by then. */
const RELAYS_MS = 1000;

/** A server that listens. */
export interface Serving {
  url: string;
  /** Waits for running requests (for 10 s at most), then closes the server, then its database. */
  stop: () => Promise<void>;
}

/**
 * Serves the API with the database, address and port of the settings.
 * @param drainMs how long running requests may take to end when it stops
 * @throws {OperatorError} if the database or the port cannot be used, or an empty database is in production
 */
export async function serve(
  settings: Settings,
  logger: Logger,
  resources = RESOURCES,
  drainMs = DRAIN_MS,
): Promise<Serving> {
  const database = await openDatabase(settings, { share: false, impatient: true }, (line) => logger.info(line));
  try {
    logger.info({ database: database.description }, 'database');
    const { migrations } = await readNames(MIGRATIONS);
    const stopping = new AbortController();
    const app = createApp({
      connection: database.connection,
      resources,
      logger,
      migrations,
      settings: { ...settings, stopping: stopping.signal },
    });
    // This comes after createApp(), which refuses models that cannot be served before they change the database.
    await prepare(database, { settings, logger, migrations, resources });
    const server = httpServer(app);
    const url = await listen(server, settings);
    const moved = moveAllLeftEntries(database, { settings, logger, resources }, stopping.signal);
    const unfinished = new Set<ServerResponse>();
    server.on('request', (_request, response) => {
      unfinished.add(response);
      response.once('close', () => unfinished.delete(response));
    });
    const drain = gracefulShutdown(server, { signals: '', forceExit: false, timeout: drainMs });
    const stop = async () => {
      stopping.abort();
      const breakOff = () => unfinished.forEach((response) => response.destroy());
      const late = setTimeout(breakOff, drainMs - BREAK_OFF_MS);
      await drain().finally(() => clearTimeout(late));
      await Promise.race([Promise.all([moved, relaysEnded()]), sleep(RELAYS_MS, undefined, { ref: false })]);
      await database.close();
    };
    return { url, stop };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function prepare(
  { connection }: Database,
  { settings, logger, migrations, resources }: Omit<Services, 'connection' | 'settings'> & { settings: Settings },
): Promise<void> {
  const { db } = connection;
  if (!db) throw new Error('the connection is not open');
  const open = { db, connection, settings, report: (line: string) => logger.info(line) };
  const findings = await initialiseIfEmpty(open, resources);
  if (findings.length > 0) logger.info({ created: findings.map(({ what }) => what) }, 'database initialised');
  // In production this would load every migration into the server; there migrate:check does it before.
  const missing = settings.nodeEnv === 'production' ? [] : await missingMigrations(open, resources);
  const definitions = collectionDefinitions(connection, resources);
  await warnOfDifferences({ connection, migrations, definitions }, missing, logger);
}

/** Ends a move that another process has begun, or would have; whoever reads the history of a member does so as well. */
async function moveAllLeftEntries(
  { connection }: Database,
  { settings, logger, resources }: Pick<Services, 'logger' | 'resources'> & { settings: Settings },
  signal: AbortSignal,
): Promise<void> {
  try {
    for (const { model, path } of resources)
      await moveLeftEntries(describeResource(model(connection), path, settings), signal);
  } catch (error) {
    if (!signal.aborted) logger.warn({ error }, 'history entries stay in the documents that carry them for now');
  }
}

async function listen(server: ReturnType<typeof httpServer>, { host, port }: Settings): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  }).catch((error: Error & { code?: string }) => {
    throw new OperatorError(listenFailure(error.code, host, port));
  });
  const address = server.address();
  const given = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${given}`;
}

/** The message that says why the server cannot listen, and what to do. */
function listenFailure(code: string | undefined, host: string, port: number): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} is already in use. Try PORT=${port < 65_535 ? port + 1 : 0} npm start`;
  if (code === 'EACCES') return `Port ${port} is reserved for the system. Try PORT=3000 npm start`;
  return `This machine cannot listen on ${host} (${code}). Set HOST to one of its own addresses, such as 127.0.0.1.`;
}
