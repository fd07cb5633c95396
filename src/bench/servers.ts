import { deepStrictEqual } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../config.ts';
import { OperatorError } from '../operator-error.ts';

/** Old-space limit of each server: one that needed more would end, and fail the bench. */
export const HEAP_MB = 150;

const STOP_MS = 15_000;
const PAGE = '/engines?limit=50';

/** The two servers that are compared. */
export const SUBJECTS = ['API', 'baseline'] as const;
export type Subject = (typeof SUBJECTS)[number];
export type BySubject<Value> = Record<Subject, Value>;

/** A server process. */
export interface ServerProcess {
  /** Its address, once it listens. @throws {OperatorError} if it ends instead */
  listening: (signal: AbortSignal) => Promise<string>;
  /** Most memory that it ever held, in MB; undefined where the system does not tell. */
  peakMemory: () => number | undefined;
  stop: () => Promise<void>;
}

/** The settings of a process that is measured. */
export const environment = (mongodbUri: string) => ({
  ...process.env,
  MONGODB_URI: mongodbUri,
  NODE_ENV: 'development',
  HOST: '127.0.0.1',
  PORT: '0',
  // Defaults for all the rest, whatever this machine's instance folder says.
  LOG_LEVEL: '',
  INSTANCE_PATH: 'node_modules/.cache/bench',
});

/**
 * Starts a TypeScript program that serves HTTP and says `listening` in a line of JSON.
 * Both servers are started by this, so that they have the same loader, settings and limits.
 */
export function startServer(script: string, mongodbUri: string): ServerProcess {
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, '--import', 'tsx/esm', script], {
    cwd: projectRoot,
    env: environment(mongodbUri),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let complaints = 0;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
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
    peakMemory() {
      try {
        const status = readFileSync(join('/proc', String(child.pid), 'status'), 'utf8');
        return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
      } catch {
        return undefined;
      }
    },
    async stop() {
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      child.kill();
      await ended;
      clearTimeout(timer);
    },
  };
}

/**
 * Walks the API's pages up to nine tenths of the collection, as a client would.
 * @returns the ids on the way, and each server's paths of an engine, of the first page and of the page behind them all
 */
export async function walk(urls: BySubject<string>, documents: number, signal: AbortSignal) {
  const ids: string[] = [];
  let path: string | undefined = '/engines?limit=200';
  while (path !== undefined && ids.length < documents * 0.9 - 200) {
    const response = await fetch(urls.API + path, { signal });
    const page: unknown = await response.json();
    if (!Array.isArray(page)) throw new OperatorError(`The API answered ${path} with ${response.status}, not a page.`);
    ids.push(...page.map(({ id }) => String(id)));
    path = /<([^>]+)>; *rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  }
  const cursor = new URL(path ?? '', urls.API).searchParams.get('after');
  const one = `/engines/${ids[0]}`;
  return {
    ids,
    one: { API: one, baseline: one },
    first: { API: PAGE, baseline: PAGE },
    deep: { API: `${PAGE}&after=${cursor}`, baseline: `${PAGE}&after=${ids.at(-1)}` },
  };
}

/** @throws {OperatorError} if the servers do not answer alike, which would make the comparison worthless */
export async function requireSameAnswers(urls: BySubject<string>, paths: readonly BySubject<string>[]): Promise<void> {
  for (const path of paths) {
    const ask = async (subject: Subject) => (await fetch(urls[subject] + path[subject])).json();
    const flaw = new OperatorError(`The API does not answer ${path.API} with what the baseline does.`);
    deepStrictEqual(await ask('API'), await ask('baseline'), flaw);
  }
}
