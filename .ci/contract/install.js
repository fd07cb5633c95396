// Installs the tools: those of npm as package-lock.json has them, those of Python into a virtual environment of their own.
// Maven and Go fetch what their clients need when these are made, as pom.xml and go.sum have it.
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
if (!python) throw new Error('The tools need Python 3.11 to 3.13 with venv, and none is on PATH');
// Of some generators the newest versions ask for Node 22, and work on 20 too. `npm run` hands on the project's own rule.
run('npm', ['ci', '--engine-strict=false', '--no-audit', '--no-fund', '--loglevel=error']);
// npm ci has emptied node_modules, so that the environment is always made anew.
const venv = 'node_modules/.cache/python';
run(python, ['-m', 'venv', venv]);
const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '--no-deps'];
run(`${cwd}${venv}/bin/python`, [...pip, '--only-binary', ':all:', '--requirement', 'requirements.txt']);
