// Installs the tools: those of npm as package-lock.json has them, schemathesis into a virtual environment of its own.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PYTHONS = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python'];
const cwd = fileURLToPath(new URL('.', import.meta.url));
const run = (command, args) => execFileSync(command, args, { cwd, stdio: 'inherit' });

function fits(python) {
  const test = 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))';
  try {
    execFileSync(python, ['-c', test], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const python = PYTHONS.find(fits);
if (!python) throw new Error('schemathesis needs Python 3.11 to 3.13 with venv, and none is on PATH');
run('npm', ['ci', '--no-audit', '--no-fund']);
// npm ci has emptied node_modules, so that the environment is always made anew.
const venv = 'node_modules/.cache/schemathesis';
run(python, ['-m', 'venv', venv]);
const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '--no-deps'];
run(`${cwd}${venv}/bin/python`, [...pip, '--only-binary', ':all:', '--requirement', 'requirements.txt']);
