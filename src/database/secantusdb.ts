import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../config.ts';

const sources = join(projectRoot, 'src', 'database', 'secantusdb');
const PYTHONS = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];

/** Where this version of SecantusDB is, or would be, installed; another version has another folder. */
function target(): string {
  const hash = createHash('sha256');
  for (const name of ['requirements.txt', 'mongod.py', 'install.py']) hash.update(readFileSync(join(sources, name)));
  return join(projectRoot, 'node_modules', '.cache', 'secantusdb', hash.digest('hex').slice(0, 12));
}

/** Path of a launcher that takes mongod's arguments, `undefined` where SecantusDB is not installed. */
export function installedSecantusDB(): string | undefined {
  if (!existsSync(sources)) return undefined;
  const launcher = join(target(), 'mongod');
  return existsSync(launcher) ? launcher : undefined;
}

/**
 * Installs SecantusDB from its Python wheels, each pinned by hash, unless it is there already.
 * Several processes may call this at once. Progress goes to stderr.
 * @returns the launcher's path
 * @throws {Error} with the reason why it cannot be installed here
 */
export async function installSecantusDB(): Promise<string> {
  const python = await findPython();
  const child = spawn(python, [join(sources, 'install.py'), target()], { stdio: ['ignore', 2, 2] });
  const [code] = await once(child, 'exit');
  const launcher = installedSecantusDB();
  if (code !== 0 || launcher === undefined) throw new Error('the installation failed, see the lines above');
  return launcher;
}

async function findPython(): Promise<string> {
  const test = 'import sys, venv, ensurepip, fcntl; sys.exit(not (3, 10) <= sys.version_info < (3, 14))';
  for (const python of PYTHONS) {
    const fits = await promisify(execFile)(python, ['-c', test]).then(
      () => true,
      () => false,
    );
    if (fits) return python;
  }
  throw new Error('no Python 3.10 to 3.13 with venv');
}
