import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../src/config.ts';
import { OperatorError } from '../src/operator-error.ts';

/** Old-space limit of each server. A server that needs more ends, and the benchmark fails. */
export const HEAP_MB = 150;

const STOP_MS = 15_000;

/** The servers that are compared: the API without and with a history of changes, which the others do not keep. */
export const SERVERS = {
  api: { script: 'src/server.ts', settings: { HISTORY_ENABLED: 'false' } },
  apiWithHistory: { script: 'src/server.ts', settings: { HISTORY_ENABLED: 'true' } },
  bare: { script: 'bench/bare.ts', settings: {} },
  tutorial: { script: 'bench/tutorial.ts', settings: {} },
} as const;
export type Subject = keyof typeof SERVERS;
export type BySubject<Value> = Record<Subject, Value>;

/** A server process. */
interface ServerProcess {
  /** Its address, once it listens. @throws {OperatorError} if it ends instead */
  listening: (signal: AbortSignal) => Promise<string>;
  /** The most memory that it has used, in MB; NaN if the system does not report it. */
  peakMemory: () => number;
  /** The processor time that it has used, in milliseconds; NaN if the system does not report it. */
  cpuMs: () => number;
  /** The size of its heap without garbage, in bytes. */
  heap: () => Promise<number>;
  stop: () => Promise<void>;
}

/** The settings of a process that is measured. */
export const environment = (mongodbUri: string) => ({
  ...process.env,
  MONGODB_URI: mongodbUri,
  NODE_ENV: 'development',
  HOST: '127.0.0.1',
  PORT: '0',
  // All other settings have their defaults, whatever the instance folder of this machine sets.
  LOG_LEVEL: '',
  INSTANCE_PATH: 'node_modules/.cache/bench',
});

/** A server process that listens. */
export type RunningServer = ServerProcess & { url: string };

/** A program that serves HTTP, and how it is run. */
interface Program {
  script: string;
  settings: Readonly<Record<string, string>>;
  /** Whether it can be asked for its heap, which costs it some time. */
  isWatched?: boolean;
}

/**
 * Starts a TypeScript program that serves HTTP and says `listening` in a line of JSON.
 * All servers are started by this, so that they have the same loader, limits and settings, but for those given.
 */
export function startServer({ script, settings, isWatched = false }: Program, mongodbUri: string): ServerProcess {
  const watch = isWatched ? ['--expose-gc', '--import', './bench/heap.ts'] : [];
  const child = fork(script, [], {
    cwd: projectRoot,
    execArgv: [`--max-old-space-size=${HEAP_MB}`, '--import', 'tsx/esm', ...watch],
    env: { ...environment(mongodbUri), ...settings },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const { stdout } = child;
  if (!stdout) throw new Error('a pipe was asked for');
  let complaints = 0;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = new Promise<string>((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const entry = Object(JSON.parse(line));
      if (entry.msg === 'listening') resolve(String(entry.url));
      else if (entry.level >= 50 && (complaints += 1) === 1) console.error(line);
    });
  });

  return {
    async listening(signal) {
      const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort');
      const first = await Promise.race([url, Promise.race([ended, aborted]).then(() => undefined)]);
      signal.throwIfAborted();
      if (first === undefined) throw new OperatorError(`${script} ended instead of listening.`);
      return first;
    },
    peakMemory: () => Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(readProcess(child, 'status'))?.[1]) / 1024),
    cpuMs() {
      // The 14th and 15th field, in hundredths of a second; the second one is in brackets (proc_pid_stat(5)).
      const [, user, system] = /\) (?:\S+ ){11}(\d+) (\d+)/.exec(readProcess(child, 'stat')) ?? [];
      return (Number(user) + Number(system)) * 10;
    },
    async heap() {
      const answered = once(child, 'message');
      child.send('heap');
      return Number((await answered)[0]);
    },
    async stop() {
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      child.kill();
      await ended;
      clearTimeout(timer);
    },
  };
}

function readProcess({ pid }: ChildProcess, file: string): string {
  try {
    return readFileSync(join('/proc', String(pid), file), 'utf8');
  } catch {
    return '';
  }
}
