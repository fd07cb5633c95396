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

const NODE = ['node', '--import', 'tsx/esm'];

/** Runs one of the `npm run` commands of src/cli.ts. */
export const runCli = (parameters: string[], env: Record<string, string>, input?: string): Promise<Outcome> =>
  run([...NODE, 'src/cli.ts', ...parameters], env, input);

/** The same for probes and relays. */
export const runFixtureCli: typeof runCli = (parameters, env, input) =>
  run([...NODE, 'src/testing/cli.ts', ...parameters], env, input);

/** The command that starts the server. */
export const SERVER = [...NODE, 'src/server.ts'];

/** The same for probes and relays. */
export const FIXTURE_SERVER = [...NODE, 'src/testing/server.ts'];

/** Starts the server of probes and relays and waits until it listens. @throws {Error} with its output if it ends before that */
export async function startServer(env: Record<string, string>): Promise<ServerProcess> {
  const { child, ended } = launch(FIXTURE_SERVER, { PORT: '0', ...env });
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
export function launch([program = '', ...parameters]: string[], env: Record<string, string>) {
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
