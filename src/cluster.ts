import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { SentMetrics } from './administration.ts';
import type { Database } from './database/index.ts';
import { RESOURCES } from './models.ts';
import { OperatorError } from './operator-error.ts';
import { moveAllLeftEntries, openApplication, reportDifferences, type Start } from './prepare.ts';
import { urlOf, type Serving } from './serve.ts';
import type { Settings } from './settings.ts';
import { startWorker, type Ending, type Worker } from './worker.ts';

/** A worker that ends sooner has failed at its start. */
const SETTLED_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** How many may fail in a row, each in the place of the one before, until the server ends if no other worker serves. */
const MOST_FAILURES = 5;

/**
 * Serves the API in as many processes as the settings say, on one port. This process, the primary, makes the database ready,
 * hands out the connections, and replaces a worker that ends. If the primary is killed, the workers end by themselves.
 * @throws {OperatorError} if the database or the port cannot be used, or an empty database is in production
 */
export async function serveByWorkers(
  settings: Settings,
  logger: Logger,
  resources = RESOURCES,
  opening?: Promise<Database>,
): Promise<Serving> {
  const start = { settings, logger, resources, opening };
  let workers: Workers | undefined;
  const administration = await administrationOf(start, async () => workers?.metrics() ?? []);
  const { database, probe, leaving, stopping } = await openApplication(start, false).catch(async (error) => {
    await administration?.close();
    throw error;
  });
  let moved = Promise.resolve();
  const move = () => {
    moved = moved.then(async () => moveAllLeftEntries(database, start, stopping.signal));
  };
  move();
  const serving = (workers = new Workers({ ...settings, mongodbUri: database.uri }, logger, move));
  const end = async () => {
    leaving.abort();
    stopping.abort();
    const endings = await serving.stop();
    await moved;
    await database.close();
    await administration?.close();
    const unclean = endings.filter(({ isClean }) => !isClean).map(({ reason }) => reason);
    if (unclean.length > 0) throw new Error(unclean.join('; '));
  };
  let ended: Promise<void> | undefined;
  const stop = () => (ended ??= end());
  const fail = async (reason: unknown): Promise<never> => {
    await stop().catch(() => {});
    throw reason;
  };
  const url = await serving.start().catch(fail);
  administration?.begin(database, probe, leaving.signal);
  moved = moved.then(async () => reportDifferences(database, start, stopping.signal));
  return { url, stop, failed: serving.keep().catch(fail) };
}

/** What operators can ask the primary, if the settings name a port for that. */
async function administrationOf(start: Start, collect: () => Promise<SentMetrics[]>) {
  const { port } = start.settings.admin;
  if (port === null) return undefined;
  const { openAdministration } = await import('./administration.ts');
  return openAdministration(start, port, collect);
}

/** The workers of one server. */
class Workers {
  readonly #settings: Settings;
  readonly #logger: Logger;
  readonly #running = new Set<Worker>();
  readonly #stopping = new AbortController();
  readonly #onLost: () => void;

  /** @param onLost called when one that listened has not ended in order */
  constructor(settings: Settings, logger: Logger, onLost: () => void) {
    this.#settings = settings;
    this.#logger = logger;
    this.#onLost = onLost;
    process.prependOnceListener('exit', () => this.#running.forEach((worker) => worker.kill()));
  }

  /** Resolves with the URL when all of them listen. @throws {OperatorError} if one ends before */
  async start(): Promise<string> {
    const workers = Array.from({ length: this.#settings.workers }, () => this.#add());
    const [port = this.#settings.port] = await Promise.all(workers.map(({ listening }) => listening()));
    return urlOf(this.#settings, port);
  }

  /** Replaces each one that ends, until they are stopped. @throws {OperatorError} if that does not help */
  async keep(): Promise<void> {
    await Promise.all([...this.#running].map(async (worker) => this.#keepPlaceOf(worker)));
  }

  /** The metrics of those that serve. */
  async metrics(): Promise<SentMetrics[]> {
    const all = await Promise.all(this.#serving().map(async (worker) => worker.metrics()));
    return all.filter((one) => one !== undefined);
  }

  async stop(): Promise<Ending[]> {
    this.#stopping.abort();
    return Promise.all([...this.#running].map(async (worker) => worker.stop()));
  }

  #add(): Worker {
    const worker = startWorker(this.#settings);
    this.#running.add(worker);
    void worker.ended.then(() => this.#running.delete(worker));
    return worker;
  }

  #serving(): Worker[] {
    return [...this.#running].filter(({ isListening }) => isListening());
  }

  async #keepPlaceOf(first: Worker): Promise<void> {
    const { signal } = this.#stopping;
    let failures = 0;
    for (let worker = first; ; worker = this.#replace()) {
      const since = performance.now();
      const { reason, isClean } = await worker.ended;
      if (signal.aborted) return;
      if (!isClean && worker.isListening()) this.#onLost();
      failures = performance.now() - since < SETTLED_MS ? failures + 1 : 0;
      if (failures > MOST_FAILURES && this.#serving().length === 0)
        throw new OperatorError(`The workers end as soon as they start: ${reason}. Correct that, and start again.`);
      this.#logger.warn({ reason }, 'a worker has ended: another one takes its place');
      const pauseMs = failures === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
    }
  }

  #replace(): Worker {
    const worker = this.#add();
    // If none was left, nothing has listened meanwhile, and with port 0 the system gives another port.
    const tell = (port: number) => {
      const url = urlOf(this.#settings, port);
      if (this.#serving().length === 1) this.#logger.info({ url }, 'listening');
    };
    worker.listening().then(tell, () => {});
    return worker;
  }
}
