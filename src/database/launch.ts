import { MongoMemoryServer } from 'mongodb-memory-server';
import { OperatorError } from '../operator-error.ts';
import type { Settings } from '../settings.ts';
import { findBinary, type Binary } from './mongod.ts';
import type { Report } from './report.ts';

const LAUNCH_MS = 30_000;

/** Keeps the reason why it did not start, which mongodb-memory-server would print with a stack trace. */
class QuietServer extends MongoMemoryServer {
  failure: unknown;

  override async _startUpInstance(forceSamePort?: boolean): Promise<void> {
    await super._startUpInstance(forceSamePort).catch((error: unknown) => (this.failure = error));
  }
}

/**
 * At most. Its files are in memory anyway, and a fuller cache is searched for what may leave it, all the time where
 * transactions are left open: with SecantusDB's 1 GB a third of the work of a test run.
 */
const TEMPORARY_CACHE_GB = 4;

/** Starts a database in memory, or rather in a folder that is deleted when it stops. */
export async function openTemporary(settings: Pick<Settings, 'mongodBinary' | 'cacheHome'>, report: Report) {
  const binary = await findBinary({ ...settings, madeBy: undefined }, report);
  const server = await launch(binary, { args: ['--wiredTigerCacheSizeGB', String(TEMPORARY_CACHE_GB)] });
  return { uri: uriOf(server, binary), stop: () => server.stop() };
}

/** Starts a database program. @throws {OperatorError} if it does not start */
export async function launch(
  binary: Binary,
  instance: { dbPath?: string; port?: number; args?: string[] },
): Promise<MongoMemoryServer> {
  const server = new QuietServer({
    instance: { storageEngine: 'wiredTiger', launchTimeout: LAUNCH_MS, ...instance },
    binary: { systemBinary: binary.path },
    // Ctrl-C reaches every process of the terminal; the database must outlive the requests that still use it.
    spawn: { detached: true },
  });
  // A given port is not to be replaced by another: mongodb-memory-server gives none out twice within 10 s.
  await server.start(instance.port !== undefined);
  const { failure } = server;
  if (failure === undefined) return server;
  if (await binary.repair?.()) return launch(binary, instance);
  const reason = failure instanceof Error ? failure.message : String(failure);
  const folder = instance.dbPath ?? 'a temporary folder';
  throw new OperatorError(
    `${binary.engine} (${binary.path}) did not start on ${folder}: ${reason.split('\n').join(' ')}`,
  );
}

/** SecantusDB does not recognise a retried write as one that it has done already. */
export const uriOf = (server: MongoMemoryServer, { engine }: Binary) =>
  server.getUri() + (engine === 'SecantusDB' ? '?retryWrites=false' : '');
