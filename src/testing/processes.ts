import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { atEnd } from './cleanup.ts';
import { projectRoot } from '../config.ts';

/** What a command printed, and how it ended. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A server process that listens. */
export interface ServerProcess {
  url: string;
  child: ChildProcess;
  /** Everything it has logged so far. */
  log: string[];
  ended: Promise<Outcome>;
}

/** A folder of its own, deleted after the file's tests. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'engines-test-'));
  atEnd(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Runs a command of the project to its end; nothing of this process's settings reaches it but what is given. */
export async function run(command: string[], env: Record<string, string>, input = ''): Promise<Outcome> {
  const { child, ended } = launch(command, env);
  child.stdin?.end(input);
  return ended;
}

const BUILT = ['node', '--import', './built.js'];

/** What `npm run` starts for the commands of `npx engines`. */
export const CLI = ['node', 'engines.js'];

/** Runs one of these commands. */
export const runCli = (parameters: string[], env: Record<string, string>, input?: string): Promise<Outcome> =>
  run([...CLI, ...parameters], env, input);

/** The same for probes and relays. */
export const runFixtureCli: typeof runCli = (parameters, env, input) =>
  run([...BUILT, 'dist/testing/cli.js', ...parameters], env, input);

/** What `npm start` starts. */
export const SERVER = [...BUILT, 'dist/server.js'];

/** The same for probes and relays. */
export const FIXTURE_SERVER = [...BUILT, 'dist/testing/server.js'];

/** Starts the server of probes and relays and waits until it listens. @throws {Error} with its output if it ends before that */
export async function startServer(
  env: Record<string, string>,
  command: readonly string[] = FIXTURE_SERVER,
): Promise<ServerProcess> {
  const { child, ended } = launch(command, { PORT: '0', ...env });
  const log: string[] = [];
  const listening = new Promise<string>((resolve) => {
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.push(line);
      const entry: unknown = JSON.parse(line);
      if (typeof entry === 'object' && entry !== null && 'url' in entry) resolve(String(entry.url));
    });
  });
  const failed = ended.then(({ stderr }) => {
    throw new Error(`the server ended: ${stderr}`);
  });
  return { url: await Promise.race([listening, failed]), child, log, ended };
}

/** Starts a command of the project. */
export function launch([program = '', ...parameters]: readonly string[], env: Record<string, string>) {
  const { PATH = '', HOME = '', XDG_CACHE_HOME = '', MONGOMS_SYSTEM_BINARY = '' } = process.env;
  const shared = { PATH, HOME, XDG_CACHE_HOME, MONGOMS_SYSTEM_BINARY };
  const child = spawn(program, parameters, { cwd: projectRoot, env: { ...shared, ...env } });
  atEnd(() => child.kill('SIGKILL'));
  const outcome = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (outcome.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (outcome.stderr += chunk.toString()));
  const ended = new Promise<Outcome>((resolve) => child.once('close', (code) => resolve({ code, ...outcome })));
  return { child, ended };
}
