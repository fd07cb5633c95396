import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { loadSettings } from '../config.ts';
import { launch, run, runCli, temporaryFolder } from '../testing/processes.ts';
import { installedSecantusDB } from './secantusdb.ts';

const { cacheHome } = loadSettings();
const program = await installedSecantusDB(cacheHome);
const onSecantusDB = program === undefined ? describe.skip : describe;

/** A cache with the folder of this installation, which is still to be filled. */
function emptyCache() {
  const cache = temporaryFolder();
  const target = join(cache, 'spaceship-engines', 'secantusdb', basename(dirname(program ?? '')));
  mkdirSync(target, { recursive: true });
  return { cache, target };
}

function writeScript(path: string, line: string): void {
  writeFileSync(path, `#!/bin/sh\n${line}\n`);
  chmodSync(path, 0o755);
}

/** Starts the launcher and waits until it listens. */
async function startDatabase(launcher: string) {
  const { child, ended } = launch([launcher, '--port', '0', '--dbpath', temporaryFolder()], {});
  await once(createInterface({ input: child.stdout }), 'line');
  return { child, ended };
}

const node = (script: string, env: Record<string, string>) =>
  run(['node', '--import', 'tsx/esm', '--input-type', 'module', '--eval', script], env);

const INSTALL = `import { loadSettings } from './src/config.ts';
  import { installSecantusDB } from './src/database/secantusdb.ts';
  const report = (line) => console.error('report: ' + line);
  await installSecantusDB(loadSettings().cacheHome, report).catch((error) => console.log(error.message));`;

onSecantusDB('an installation of SecantusDB', () => {
  test('is made once by two processes at the same time, in place of one that is broken', async () => {
    const { cache, target } = emptyCache();
    writeScript(join(target, 'mongod'), 'exit 1');
    const script = `import { loadSettings } from './src/config.ts';
      import { openTemporary } from './src/database/launch.ts';
      const { uri, stop } = await openTemporary(loadSettings(), (line) => console.error(line));
      await stop();
      console.log(uri);`;
    const outcomes = await Promise.all([1, 2].map(() => node(script, { XDG_CACHE_HOME: cache })));
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mongodb:/) });
    const talk = outcomes.map(({ stderr }) => stderr).join('');
    expect(talk.match(/^Installing .*$/gm)).toEqual([
      `Installing SecantusDB, the embedded database, in ${target} (once) ...`,
    ]);
    expect(talk).toMatch(/^SecantusDB is installed \(\d+\.\d MB\)\.$/m);
    expect(talk).not.toContain('Collecting');
  }, 300_000);

  test('is listed by db:cache, and removed when no database runs on it', async () => {
    const { cache, target } = emptyCache();
    const real = dirname(program ?? '');
    for (const name of ['mongod.py', 'secantusd.toml']) cpSync(join(real, name), join(target, name));
    writeScript(join(target, 'mongod'), `exec ${real}/bin/python ${target}/mongod.py "$@"`);
    writeFileSync(`${target}.lock`, '');
    const { child, ended } = await startDatabase(join(target, 'mongod'));
    const remove = () => runCli(['db:cache', '--remove'], { XDG_CACHE_HOME: cache });
    expect(await remove()).toEqual({
      code: 1,
      stdout: expect.stringMatching(new RegExp(`^${target} \\(\\d+\\.\\d MB\\)\n$`)),
      stderr: `${target} is in use by a running database: stop that first.\n`,
    });
    child.kill();
    await ended;
    expect(await remove()).toMatchObject({ code: 0, stderr: 'Deleted.\n' });
    expect(existsSync(target)).toBe(false);
    expect(await remove()).toEqual({
      code: 0,
      stdout: '',
      stderr: 'The embedded database is not installed on this machine.\n',
    });
  });

  test('shows what pip says only if it fails', async () => {
    const env = { XDG_CACHE_HOME: temporaryFolder(), PIP_NO_INDEX: '1', PIP_CONFIG_FILE: '/dev/null' };
    const { stdout, stderr } = await node(INSTALL, env);
    expect(stdout).toMatch(/ -m pip install ended with 1\n$/);
    expect(stderr).toMatch(/^ERROR: No matching distribution found for /m);
  }, 300_000);

  test('says what to set where its folder cannot be made', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const { stdout } = await node(INSTALL, { XDG_CACHE_HOME: file });
    expect(stdout).toMatch(/\/file\S* cannot be written: Not a directory; name another folder in XDG_CACHE_HOME\n$/);
  });
});
