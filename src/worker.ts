import cluster from 'node:cluster';
import { once } from 'node:events';
import { format } from 'node:util';
import { codeOf, ENDING } from './interruption.ts';
import { OperatorError, printable } from './operator-error.ts';
import type { SentMetrics } from './administration.ts';
import { METRICS, type MetricsMessage } from './worker-metrics.ts';
import type { Settings } from './settings.ts';

/** How a worker ended. */
export interface Ending {
  isClean: boolean;
  /** `process 4711 ended by SIGKILL`, with the worker's last words if it left some. */
  reason: string;
}

/** A process that serves, seen from the primary. */
export interface Worker {
  isListening: () => boolean;
  /** Resolves with its port when it listens. @throws {OperatorError} if it ends before */
  listening: () => Promise<number>;
  ended: Promise<Ending>;
  /** Its metrics; undefined if it ends, or does not answer in time. */
  metrics: () => Promise<SentMetrics | undefined>;
  /** Has it end in order, and waits for that. */
  stop: () => Promise<Ending>;
  /** Ends it at once. */
  kill: () => void;
}

/** What a worker sends for its settings: before it listens to the primary, it would not hear them. */
const ASKING = 'settings';
/** A worker that is busy for longer is left out of the metrics. */
const METRICS_MS = 3000;

/** Starts this program once more, as a worker with these settings. */
export function startWorker(settings: Settings): Worker {
  const worker = cluster.fork();
  const { pid } = worker.process;
  let isListening = false;
  const listening = new Promise<number>((resolve) => {
    worker.once('listening', ({ port }) => {
      isListening = true;
      resolve(port);
    });
  });
  let lastWords = '';
  const asked: ((metrics: SentMetrics | undefined) => void)[] = [];
  worker.on('message', (message: string | MetricsMessage) => {
    if (message === ASKING) worker.send(settings);
    else if (typeof message === 'object') asked.splice(0).forEach((answer) => answer(message.metrics));
    else lastWords = message;
  });
  const ended = new Promise<Ending>((resolve) => {
    worker.once('exit', (code, signal) => {
      const isClean = code === 0 || ENDING.some((ending) => ending === signal || code === codeOf(ending));
      const end = () => {
        const how = `process ${pid} ended by ${signal || `code ${code}`}`;
        resolve({ isClean, reason: lastWords ? `${how}: ${lastWords}` : how });
      };
      // Its last words may come after its end.
      if (worker.isConnected()) worker.once('disconnect', end);
      else end();
    });
    // What cannot be sent to a worker has no other consequence than its end, unless it has never run.
    worker.on('error', ({ message }) => {
      if (pid === undefined) resolve({ isClean: false, reason: `no process could be started: ${message}` });
    });
  });
  return {
    isListening: () => isListening,
    listening: async () => {
      const early = ended.then(({ reason }) => {
        throw new OperatorError(lastWords || `A worker has not begun to listen: ${reason}. Start again.`);
      });
      return Promise.race([listening, early]);
    },
    ended,
    metrics: async () => {
      const answered = new Promise<SentMetrics | undefined>((resolve) => {
        asked.push(resolve);
        setTimeout(() => resolve(undefined), METRICS_MS).unref();
      });
      worker.send(METRICS);
      return answered;
    },
    stop: async () => {
      worker.process.kill('SIGTERM');
      return ended;
    },
    kill: () => void worker.process.kill('SIGKILL'),
  };
}

/** The settings that the primary gives this worker. They stay the same while it runs, whatever happens to their file. */
export async function givenSettings(): Promise<Settings> {
  const answer = once(process, 'message');
  process.send?.(ASKING);
  const [settings]: Settings[] = await answer;
  if (!settings) throw new Error('the primary has sent no settings');
  return settings;
}

/** Tells the primary why this worker ends. */
export async function tellPrimary(error: unknown): Promise<void> {
  await new Promise<unknown>((resolve) => process.send?.(format(printable(error)), resolve));
}
