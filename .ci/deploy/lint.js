// lint.js [TOOL ...]: has a tool look at each file that says how the program is run elsewhere; lint.js --list names the tools. Ends with
// code 77 where a tool cannot be had.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));
const venv = join(project, 'node_modules/.cache/deploy');
const COMPOSE = 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2';
/** Of 10; systemd calls what is below 2 "OK". */
const MOST_EXPOSURE = 2;

/** Each: what to run, with what must be there first. */
const TOOLS = {
  hadolint: () => python('hadolint', 'Dockerfile'),
  'kubernetes-validate': () => python('kubernetes-validate', '--strict', '-k', '1.37.0', ...manifests()),
  // What Docker Compose itself reads such a file with.
  compose: () => look('go', 'run', COMPOSE, 'compose.yaml'),
  systemd() {
    const folder = mkdtempSync(join(tmpdir(), 'engines-lint-'));
    process.once('exit', () => rmSync(folder, { recursive: true }));
    const unit = join(folder, 'engines.service');
    const text = readFileSync(join(project, 'deploy/engines.service'), 'utf8');
    writeFileSync(unit, text.replace('/usr/bin/node', process.execPath)); // which must be there
    const doubts = look('systemd-analyze', 'verify', unit);
    look('systemd-analyze', 'security', '--offline=true', `--threshold=${MOST_EXPOSURE * 10}`, unit);
    if (doubts === '') return;
    console.error(doubts);
    process.exit(1);
  },
};

const given = process.argv.slice(2);
if (given[0] === '--list') Object.keys(TOOLS).forEach((name) => console.log(name));
else for (const name of given.length > 0 ? given : Object.keys(TOOLS)) TOOLS[name]();

function manifests() {
  const folder = 'deploy/kubernetes';
  return readdirSync(join(project, folder)).map((name) => join(folder, name));
}

/** Runs a tool of requirements.txt, which is installed first. */
function python(tool, ...args) {
  if (!existsSync(join(venv, 'bin', tool))) {
    need('python3', '-m', 'venv', '--clear', venv);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '--no-deps'];
    const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
    need(join(venv, 'bin/python'), ...pip, '--only-binary', ':all:', '--requirement', requirements);
  }
  look(join(venv, 'bin', tool), ...args);
}

/** Ends with code 77 if the command fails. */
function need(command, ...args) {
  const { status, stderr, error } = spawnSync(command, args, { cwd: project, encoding: 'utf8' });
  if (status === 0) return;
  console.log(`A tool cannot be had: ${error?.message ?? stderr.trim()}`);
  process.exit(77);
}

/** Prints what a tool says only if it finds something. @returns its warnings */
function look(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: project, encoding: 'utf8' });
  const outside = /dial tcp|no such host|proxyconnect|i\/o timeout/.test(stderr ?? '');
  if (error || outside) {
    console.log(`A tool cannot be had: ${error?.message ?? stderr.trim()}`);
    process.exit(77);
  }
  if (status !== 0) {
    console.error(stdout + stderr);
    process.exit(1);
  }
  return stderr;
}
