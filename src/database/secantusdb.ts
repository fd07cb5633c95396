import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { projectRoot } from '../config.ts';
import { OperatorError } from '../operator-error.ts';
import { megabytes, showProgress } from '../progress.ts';
import type { Report } from './report.ts';
import { placeLauncher } from './secantusdb-launcher.ts';

const sources = join(projectRoot, 'src', 'database', 'secantusdb');
const PYTHONS = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
/** Fails where SecantusDB cannot be installed, else prints what a virtual environment depends on. */
const PROBE = `import sys, sysconfig, venv, ensurepip, fcntl
print(sysconfig.get_platform(), sysconfig.get_config_var("SOABI"), sys.base_prefix)
sys.exit(not (3, 10) <= sys.version_info < (3, 14))`;

interface Python {
  command: string;
  /** Where this Python has, or would have, the packages of requirements.txt installed. */
  target: string;
}

const run = promisify(execFile);

/** Holds one installation for each requirements.txt and each Python. */
const folder = (cacheHome: string) => join(cacheHome, 'spaceship-engines', 'secantusdb');

/** `undefined` where no Python can do it, and in a deployment, which has nothing to install from. */
async function findPython(cacheHome: string): Promise<Python | undefined> {
  if (!existsSync(sources)) return undefined;
  for (const command of PYTHONS) {
    const environment = await run(command, ['-c', PROBE]).then(
      ({ stdout }) => stdout,
      () => undefined,
    );
    if (environment === undefined) continue;
    const requirements = readFileSync(join(sources, 'requirements.txt'));
    const hash = createHash('sha256').update(environment).update(requirements).digest('hex').slice(0, 12);
    return { command, target: join(folder(cacheHome), hash) };
  }
  return undefined;
}

/** Path of a launcher that takes mongod's arguments, `undefined` where SecantusDB is not installed. */
export async function installedSecantusDB(cacheHome: string): Promise<string | undefined> {
  if (!existsSync(folder(cacheHome))) return undefined;
  const python = await findPython(cacheHome);
  if (python === undefined || !existsSync(join(python.target, 'complete'))) return undefined;
  return launcherIn(python.target);
}

const launcherIn = (target: string) => placeLauncher(join(sources, 'mongod.py'), target);

/**
 * Installs SecantusDB from its Python wheels, each pinned by hash, unless it is there already and works.
 * Several processes may call this at once. pip's output is shown only if it fails.
 * @returns the launcher's path
 * @throws {Error} with the reason why it cannot be installed here
 */
export async function installSecantusDB(cacheHome: string, report: Report): Promise<string> {
  const python = await findPython(cacheHome);
  if (python === undefined)
    throw new Error(
      existsSync(sources) ? 'no Python 3.10 to 3.13 with venv' : 'a checkout can do that, a deployment cannot',
    );
  const { command, target } = python;
  const child = spawn(command, [join(sources, 'install.py'), target], { stdio: ['ignore', 'pipe', 'pipe'] });
  createInterface({ input: child.stderr }).on('line', report);
  const exited = once(child, 'exit');
  const output: string[] = [];
  const progress = showProgress('Installing SecantusDB', undefined, 'packages');
  for await (const line of createInterface({ input: child.stdout })) {
    output.push(line);
    if (line.startsWith('Collecting ')) progress.advance(1);
  }
  progress.stop();
  const [code] = await exited;
  if (code !== 0) {
    for (const line of output.slice(0, -1)) console.error(line);
    throw new Error(output.at(-1));
  }
  if (output.length > 0) report(`SecantusDB is installed (${sizeOf(target)}).`);
  const launcher = launcherIn(target);
  if (launcher === undefined) throw new Error(`${target} has been removed meanwhile; start again`);
  return launcher;
}

/** Whether an installation has been made again because it did not work. @throws {Error} if it does not work even so */
export async function repairedSecantusDB(launcher: string, cacheHome: string, report: Report): Promise<boolean> {
  if ((await faultOf(launcher)) === undefined) return false;
  await installSecantusDB(cacheHome, report);
  const fault = await faultOf(launcher);
  if (fault !== undefined) throw new Error(fault);
  return true;
}

/** The last line that a launcher complains with, `undefined` if it works. */
const faultOf = (launcher: string): Promise<string | undefined> =>
  run(launcher, ['--version']).then(
    () => undefined,
    (error: Error) => error.message.trim().split('\n').at(-1),
  );

/** An installation of SecantusDB. */
interface Installation {
  path: string;
  /** As "145.0 MB". */
  size: string;
}

/** All installations of SecantusDB, of whatever version. */
export function installations(cacheHome: string): Installation[] {
  if (!existsSync(folder(cacheHome))) return [];
  return readdirSync(folder(cacheHome), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder(cacheHome), name))
    .map((path) => ({ path, size: sizeOf(path) }));
}

/** Removes all installations. @throws {OperatorError} naming those that stay, because a running database uses them */
export async function removeInstallations(cacheHome: string): Promise<void> {
  const python = await findPython(cacheHome);
  if (python === undefined)
    throw new OperatorError(`Only a checkout, with Python, can see who uses it. Remove ${folder(cacheHome)} yourself.`);
  const paths = installations(cacheHome).map(({ path }) => path);
  const { stdout } = await run(python.command, [join(sources, 'remove.py'), ...paths]);
  if (stdout !== '') throw new OperatorError(stdout.trim().replaceAll('\n', ' '));
}

function sizeOf(path: string): string {
  const sizes = readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
  return `${megabytes(sizes.reduce((sum, size) => sum + size, 0))} MB`;
}
