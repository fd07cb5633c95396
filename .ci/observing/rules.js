// Has promtool check the alert rules. Debian's package is unpacked in a temporary folder; nothing is installed on the machine. Ends
// with code 77 where there is no such package.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'engines-rules-'));
const run = (command, ...args) => spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
const done = (code, text) => {
  rmSync(folder, { recursive: true, force: true });
  console.log(text);
  process.exit(code);
};

const { status, stderr, error } = run('apt-get', 'download', '-qq', 'prometheus');
if (status !== 0) done(77, `The rules cannot be checked: ${error?.message ?? stderr.trim()}`);
const [archive] = readdirSync(folder);
if (run('dpkg', '--extract', archive, 'root').status !== 0) done(77, 'The package of promtool cannot be unpacked.');
const checked = run('root/usr/bin/promtool', 'check', 'rules', resolve('deploy/observing/alerts.yml'));
done(checked.status ?? 1, `${checked.stdout}${checked.stderr}`.trim());
