import { MongoMemoryServer } from 'mongodb-memory-server';
import { messageOf, OperatorError } from '../operator-error.ts';
import type { Settings } from '../settings.ts';
import { findBinary, type Binary } from './mongod.ts';
import type { Report } from './report.ts';

const LAUNCH_MS = 30_000;

/** A server that keeps the reason why it did not start. mongodb-memory-server would print it with a stack trace. */
class QuietServer extends MongoMemoryServer {
  failure: unknown;

  override async _startUpInstance(forceSamePort?: boolean): Promise<void> {
    await super._startUpInstance(forceSamePort).catch((error: unknown) => (this.failure = error));
  }
}

/**
 * The largest cache. The files are in memory anyway. SecantusDB's default of 1 GB fills up while transactions stay open, and
 * then a third of the work of a test run is the search for what may leave the cache.
 */
const TEMPORARY_CACHE_GB = 4;

/** Starts a database in a temporary folder, which is deleted when the database stops. */
export async function openTemporary(settings: Pick<Settings, 'mongodBinary' | 'cacheHome'>, report: Report) {
  const binary = await findBinary({ ...settings, madeBy: undefined }, report);
  const server = await launch(binary, { args: ['--wiredTigerCacheSizeGB', String(TEMPORARY_CACHE_GB)] });
  return { uri: uriOf(server, binary), stop: () => server.stop() };
}

/** Starts a database program. @param tries how many ports are tried where none is given @throws {OperatorError} if it does not start */
export async function launch(
  binary: Binary,
  instance: { dbPath?: string; port?: number; args?: string[] },
  tries = 3,
): Promise<MongoMemoryServer> {
  const server = new QuietServer({
    instance: { storageEngine: 'wiredTiger', launchTimeout: LAUNCH_MS, ...instance },
    binary: { systemBinary: binary.path },
    // Ctrl-C reaches every process of the terminal, but the database must run until the last request has ended.
    spawn: { detached: true },
  });
  // A given port must stay: without this, mongodb-memory-server replaces a port that it used in the last 10 s.
  await server.start(instance.port !== undefined);
  const { failure } = server;
  if (failure === undefined) return server;
  if (await binary.repair?.()) return launch(binary, instance, tries);
  const reason = messageOf(failure);
  // Between the search for a free port and its use, another program may take it.
  if (instance.port === undefined && tries > 1 && reason.includes('already in use'))
    return launch(binary, instance, tries - 1);
  const folder = instance.dbPath ?? 'a temporary folder';
  throw new OperatorError(
    `${binary.program} (${binary.path}) did not start on ${folder}: ${reason.split('\n').join(' ')}`,
  );
}

/** SecantusDB does not recognise a retried write as one that it has done already. */
export const uriOf = (server: MongoMemoryServer, { program }: Binary) =>
  server.getUri() + (program === 'SecantusDB' ? '?retryWrites=false' : '');
