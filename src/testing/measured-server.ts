import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../config.ts';
import { OperatorError } from '../operator-error.ts';

const STOP_MS = 15_000;

/** What a server can be asked by its parent. */
export type Question =
  | 'heap'
  | 'handles'
  | 'holdRelays'
  | 'releaseRelays'
  | 'startCounting'
  | 'stopCounting'
  | 'startProfile'
  | 'stopProfile';

/** A server process that is measured. */
export interface MeasuredServer {
  /** Its address, once it listens. @throws {OperatorError} if it ends instead */
  listening: (signal: AbortSignal) => Promise<string>;
  /** The most memory that it has used, in MB; NaN if the system does not report it. */
  peakMemory: () => number;
  /** The processor time that it has used, in milliseconds; NaN if the system does not report it. */
  cpuMs: () => number;
  /** Asks a server that is watched. */
  ask: (question: Question) => Promise<unknown>;
  /** Ends it in order. */
  stop: () => Promise<void>;
  /** Ends it at once. */
  kill: () => Promise<void>;
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

/** A program that serves HTTP, and how it is run. */
interface Program {
  script: string;
  /** Options of Node. */
  flags: readonly string[];
  settings: Readonly<Record<string, string>>;
  /** Whether it can be asked questions, which cost it some time. */
  isWatched?: boolean;
}

/** Starts a program that serves HTTP and says `listening` in a line of JSON. */
export function startMeasured(
  { script, flags, settings, isWatched = false }: Program,
  mongodbUri: string,
): MeasuredServer {
  const watch = isWatched ? ['--expose-gc', '--import', './src/testing/inside.ts'] : [];
  const child = fork(script, [], {
    cwd: projectRoot,
    execArgv: ['--import', 'tsx/esm', ...watch, ...flags],
    env: { ...environment(mongodbUri), ...settings },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const { stdout } = child;
  if (!stdout) throw new Error('a pipe was asked for');
  let complaints = 0;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = new Promise<string>((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      // What parses a line for each request takes the time of the server that is measured.
      if (!line.startsWith('{') || /^\{"level":30(?!.*"listening")/.test(line)) return;
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
    async ask(question) {
      const answered = once(child, 'message');
      child.send(question);
      const [{ answer }] = await answered;
      return answer;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
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
