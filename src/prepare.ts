import type { Express } from 'express';
import type { Logger } from 'pino';
import { cursorSecretOf, requireSafe } from './access/index.ts';
import { createApp } from './app.ts';
import { probeOf, type Database, type Probe } from './database/index.ts';
import { initialiseIfEmpty } from './initialise.ts';
import { readNames } from './migrate/run/index.ts';
import { MIGRATIONS, type OpenDatabase } from './migrations.ts';
import { missingMigrations } from './missing-migrations.ts';
import { collectionDefinitions } from './models.ts';
import { warnOfDifferences } from './readiness.ts';
import { describeResource, moveLeftEntries, type ResourceDeclaration } from './rest/index.ts';
import { openForServer } from './server-database.ts';
import type { Settings } from './settings.ts';

/** What serving begins with. */
export interface Start {
  settings: Settings;
  logger: Logger;
  resources: readonly ResourceDeclaration[];
  /** The database of the settings, if it is being opened already. */
  opening?: Promise<Database> | undefined;
}

/** An application with its open database. */
interface Opened {
  app: Express;
  database: Database;
  /** Ends with the database. */
  probe: Probe;
  /** Aborted, it has the application say that it is not ready. */
  leaving: AbortController;
  /** Aborted, it ends what would not end by itself. */
  stopping: AbortController;
}

/**
 * Opens the database of the settings, and makes the application.
 * @param isPrepared whether another process has made the database ready; else this one does
 * @throws {OperatorError} if the database cannot be used, or is empty in production, or if others could use the API by mistake
 */
export async function openApplication(start: Start, isPrepared: boolean): Promise<Opened> {
  const { settings, logger, resources, opening } = start;
  const opened = await (opening ?? openForServer(settings, logger));
  const probe = probeOf(opened);
  const close = async () => {
    await probe.close();
    await opened.close();
  };
  const database = { ...opened, close };
  try {
    const { connection, description } = database;
    if (!isPrepared) logger.info({ database: description }, 'database');
    const { migrations } = await readNames(MIGRATIONS);
    const [leaving, stopping] = [new AbortController(), new AbortController()];
    let secret = settings.cursorSecret;
    const ofResources = { ...settings, stopping: stopping.signal, cursorSigningSecret: () => secret };
    const app = createApp({
      connection,
      resources,
      logger,
      migrations,
      settings: ofResources,
      leaving: leaving.signal,
      probe,
    });
    // This comes after createApp(), which refuses models that cannot be served before they change the database.
    if (!isPrepared) {
      await prepare(database, start);
      await requireSafe(connection, settings, logger);
    }
    secret ??= await cursorSecretOf(connection);
    return { app, database, probe, leaving, stopping };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function prepare(database: Database, start: Start): Promise<void> {
  const findings = await initialiseIfEmpty(openDatabase(database, start), start.resources);
  if (findings.length > 0) start.logger.info({ created: findings.map(({ what }) => what) }, 'database initialised');
}

function openDatabase({ connection }: Database, { settings, logger }: Start): OpenDatabase {
  const { db } = connection;
  if (!db) throw new Error('the connection is not open');
  return { db, connection, settings, report: (line) => logger.info(line) };
}

/**
 * Says in the log how the database differs from what this version requires. A server listens before it does that: to load
 * the migrations takes as long as the half of its start.
 */
export async function reportDifferences(database: Database, start: Start, signal: AbortSignal): Promise<void> {
  const { connection } = database;
  const { settings, logger, resources } = start;
  try {
    const { migrations } = await readNames(MIGRATIONS);
    // In production this would load every migration into the server; there migrate:check does it before.
    const missing =
      settings.nodeEnv === 'production' ? [] : await missingMigrations(openDatabase(database, start), resources);
    const definitions = collectionDefinitions(connection, resources);
    await warnOfDifferences({ connection, migrations, definitions }, missing, logger);
  } catch (err) {
    if (!signal.aborted) logger.warn({ err }, 'whether the database fits this version is not known: see /health/ready');
  }
}

/** Ends a move that another process has begun, or would have; whoever reads the history of a member does so as well. */
export async function moveAllLeftEntries(
  { connection }: Database,
  { settings, logger, resources }: Start,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (const { model, path } of resources)
      await moveLeftEntries(describeResource(model(connection), path, settings), signal);
  } catch (error) {
    if (!signal.aborted) logger.warn({ err: error }, 'history entries stay in the documents that carry them for now');
  }
}
