import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { followCertificate, readCertificate } from './certificate.ts';
import type { Database } from './database/index.ts';
import { departureOf } from './drain.ts';
import { RESOURCES } from './models.ts';
import { OperatorError } from './operator-error.ts';
import { moveAllLeftEntries, openApplication, reportDifferences } from './prepare.ts';
import { httpServer, relaysEnded, replaceCertificate, type Certificate } from './rest/index.ts';
import { operate } from './operate.ts';
import { stopTimes, type Settings } from './settings.ts';
import { observe } from './telemetry/index.ts';

/** Of the time that the end of the server may take, this is for all that comes after the last answer; but half of it at most. */
const CLOSING_MS = 3000;

/** How long the relays may take to end; documents carry on what they have not moved by then. */
const RELAYS_MS = 1000;

/** How long the collector may take for the last traces. */
const TRACES_MS = 1000;

/** How often the log says that requests are refused. */
const OVERLOAD_MS = 10_000;

/** A server that listens. */
export interface Serving {
  url: string;
  /** Waits for running requests, then closes the server, then its database. Is not ready from the first moment on. */
  stop: () => Promise<void>;
  /** Rejects, after it has stopped, if it cannot go on by itself. */
  failed?: Promise<unknown>;
}

interface Options {
  /** Whether another process has made the database ready. */
  isPrepared?: boolean;
  /** The database, if it is being opened already. */
  opening?: Promise<Database>;
}

/**
 * Serves the API in this process with the database, address and port of the settings.
 * @throws {OperatorError} if the database, the certificate or the port cannot be used, or an empty database is in production
 */
export async function serve(
  settings: Settings,
  logger: Logger,
  resources = RESOURCES,
  { isPrepared = false, opening }: Options = {},
): Promise<Serving> {
  const start = { settings, logger, resources, opening };
  const certificate = readCertificate(settings.tls);
  const operating = await operate(start, isPrepared);
  const { app, database, probe, leaving, stopping } = await openApplication(start, isPrepared).catch(async (error) => {
    await operating?.close();
    throw error;
  });
  try {
    const counts = operating?.measure(database);
    const tracer = await tracerOf(settings);
    const server = httpServer(app, { origins: settings.cors.origins, certificate });
    observe(server, { connection: database.connection, logger, slowMs: settings.logSlowMs, counts, tracer });
    const { announce, drain } = departureOf(server);
    const url = await listen(server, settings);
    const replace = (changed: Certificate) => replaceCertificate(server, changed);
    if (certificate) followCertificate(settings.tls, certificate, replace, { logger, signal: stopping.signal });
    const [moved, reported] = [moveAllLeftEntries, reportDifferences].map((work) =>
      isPrepared ? undefined : work(database, start, stopping.signal),
    );
    operating?.begin(database, probe, leaving.signal);
    server.on('overload', warnAtMostEvery(OVERLOAD_MS, logger));
    const { delayMs, graceMs } = stopTimes(settings);
    const end = async () => {
      leaving.abort();
      announce();
      await sleep(delayMs);
      stopping.abort();
      await drain(Math.max(graceMs - CLOSING_MS, graceMs / 2));
      await Promise.race([Promise.all([moved, relaysEnded()]), sleep(RELAYS_MS, undefined, { ref: false })]);
      await reported;
      await Promise.all([
        database.close(),
        Promise.race([tracer?.close(), sleep(TRACES_MS, undefined, { ref: false })]),
      ]);
      await operating?.close();
    };
    let ended: Promise<void> | undefined;
    return { url, stop: () => (ended ??= end()) };
  } catch (error) {
    await Promise.all([database.close(), operating?.close()]);
    throw error;
  }
}

/** Sends traces, if the settings say where to; else nothing of it is loaded. */
async function tracerOf({ traces: { endpoint, ratio } }: Settings) {
  if (endpoint === null) return undefined;
  const { openTracer } = await import('./tracing/index.ts');
  return openTracer(endpoint, ratio);
}

/** Tells the operator that requests are refused, but not of each of them. */
function warnAtMostEvery(pauseMs: number, logger: Logger): () => void {
  let last = -Infinity;
  return () => {
    if (performance.now() - last < pauseMs) return;
    last = performance.now();
    logger.warn('Requests are refused with 503, because there are more than this process can answer in time');
  };
}

async function listen(server: ReturnType<typeof httpServer>, settings: Settings): Promise<string> {
  const { host, port } = settings;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  }).catch((error: Error & { code?: string }) => {
    throw new OperatorError(listenFailure(error.code, host, port));
  });
  const address = server.address();
  return urlOf(settings, typeof address === 'object' && address !== null ? address.port : port);
}

/** The URL of a server that listens on a port. */
export const urlOf = ({ host, tls }: Pick<Settings, 'host' | 'tls'>, port: number) =>
  `${tls.certFile === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** The message that says why the server cannot listen, and what to do. */
function listenFailure(code: string | undefined, host: string, port: number): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} is already in use. Try PORT=${port < 65_535 ? port + 1 : 0} npm start`;
  if (code === 'EACCES') return `Port ${port} is reserved for the system. Try PORT=3000 npm start`;
  return `This machine cannot listen on ${host} (${code}). Set HOST to one of its own addresses, such as 127.0.0.1.`;
}
