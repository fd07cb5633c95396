// Proves that an installation runs no script of a package and sends nothing to anybody: the packages come from npm's cache,
// scripts would be run by a shell that only notes them, and the network has no other machine in it. Ends with code 77 where
// such a network cannot be made. The installation before this one has filled the cache.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ALONE = ['unshare', '--map-root-user', '--net'];
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'engines-install-'));
const noted = join(folder, 'noted');
const shell = join(folder, 'shell');

/** Installs the packages. @param {string[]} more arguments of npm @returns {boolean} whether a script was run */
function ranScripts(...more) {
  rmSync(noted, { force: true });
  const npm = ['npm', 'ci', '--offline', '--no-audit', '--no-fund', `--script-shell=${shell}`, ...more];
  const [command, ...args] = [...ALONE, ...npm];
  const { status } = spawnSync(command, args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ${more.join(' ')} ended with code ${status}`);
  return existsSync(noted);
}

try {
  const [command, ...args] = [...ALONE, 'true'];
  if (spawnSync(command, args).status !== 0) {
    console.log('An installation without a network was not tried: unshare cannot make a network here.');
    process.exitCode = 77;
  } else {
    for (const name of ['package.json', 'package-lock.json', '.npmrc']) cpSync(join(root, name), join(folder, name));
    writeFileSync(shell, `#!/bin/sh\necho "$*" >>'${noted}'\n`, { mode: 0o700 });
    if (!ranScripts('--ignore-scripts=false')) throw new Error('the shell notes no scripts, so this proves nothing');
    if (ranScripts()) throw new Error('packages ran scripts');
    console.log('Installed without a network and without a script of a package.');
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
