// Unpacks Debian's packages of the proxies in a folder. Nothing is installed on the machine, and no service starts. Ends with
// code 77 where there are no such packages.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDER, ROOT } from './programs.js';

const PACKAGES = ['nginx', 'caddy', 'haproxy', 'apache2-bin', 'varnish'];

const [archives, lists] = ['archives', 'lists'].map((name) => join(FOLDER, name));
const places = {
  'Dir::State::lists': lists,
  'Dir::Cache::archives': archives,
  'Dir::Cache::pkgcache': '',
  'Dir::Cache::srcpkgcache': '',
  'Debug::NoLocking': 'true',
};
const options = Object.entries(places).flatMap(([name, value]) => ['-o', `${name}=${value}`]);

rmSync(FOLDER, { recursive: true, force: true });
for (const folder of [archives, lists]) mkdirSync(join(folder, 'partial'), { recursive: true });
run('apt-get', 'update', '-qq', ...options);
const chosen = ['--yes', '--reinstall', '--download-only', '--no-install-recommends', ...PACKAGES];
run('apt-get', 'install', '-qq', ...options, ...chosen);
for (const name of readdirSync(archives).filter((one) => one.endsWith('.deb')))
  run('dpkg', '--extract', join(archives, name), ROOT);

function run(command, ...args) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  console.log(`The proxies cannot be unpacked: ${command} ${args[0]}: ${error?.message ?? stderr.trim()}`);
  process.exit(77);
}
