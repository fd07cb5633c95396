import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { loadSettings, projectRoot } from '../config.ts';
import { launch, run, runCli, temporaryFolder } from '../testing/processes.ts';
import { installedSecantusDB } from './secantusdb.ts';

const { cacheHome } = loadSettings();
const program = await installedSecantusDB(cacheHome);
const onSecantusDB = program === undefined ? describe.skip : describe;

const real = dirname(program ?? '');

/** A cache with an installation that lacks its Python. */
function brokenCache() {
  const cache = temporaryFolder();
  const target = join(cache, 'spaceship-engines', 'secantusdb', basename(real));
  mkdirSync(target, { recursive: true });
  for (const path of [join(target, 'complete'), `${target}.lock`]) writeFileSync(path, '');
  return { cache, target };
}

/** A cache with an installation that works, at the price of a few links. */
function linkedCache() {
  const { cache, target } = brokenCache();
  cpSync(join(real, 'pyvenv.cfg'), join(target, 'pyvenv.cfg'));
  for (const name of ['bin', 'lib']) symlinkSync(join(real, name), join(target, name));
  return { cache, target };
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
    const { cache, target } = brokenCache();
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
    const { cache, target } = linkedCache();
    const { child, ended } = await startDatabase((await installedSecantusDB(cache)) ?? '');
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

  test('serves a checkout with another mongod.py too, each with its own', async () => {
    const { cache, target } = linkedCache();
    const checkout = temporaryFolder();
    for (const name of ['src', 'package.json'])
      cpSync(join(projectRoot, name), join(checkout, name), { recursive: true });
    symlinkSync(join(projectRoot, 'node_modules'), join(checkout, 'node_modules'));
    const mongodPy = join(checkout, 'src/database/secantusdb/mongod.py');
    writeFileSync(mongodPy, readFileSync(mongodPy, 'utf8').replace('VERSION = "', 'VERSION = "edited '));
    const installed = (checkedOut: string) =>
      node(
        `import { installedSecantusDB } from '${checkedOut}/src/database/secantusdb.ts';
        console.log(await installedSecantusDB('${cache}'));`,
        {},
      );
    const outcomes = await Promise.all([checkout, projectRoot, checkout, projectRoot].map(installed));
    const launchers = outcomes.map(({ stdout }) => stdout.trim());
    expect(new Set(launchers).size).toBe(2);
    for (const launcher of launchers) expect(dirname(launcher)).toBe(target);
    const versions = await Promise.all(launchers.slice(0, 2).map((launcher) => run([launcher, '--version'], {})));
    expect(versions.map(({ stdout }) => stdout)).toEqual([
      expect.stringMatching(/^db version vedited /),
      expect.stringMatching(/^db version v[\d.]+\n$/),
    ]);
  });

  test('says what is wrong with mongod.py, and is not made again for it', async () => {
    const { cache } = linkedCache();
    const launcher = (await installedSecantusDB(cache)) ?? '';
    writeFileSync(`${launcher}.py`, 'import nothing_of_that_name\n');
    const { stdout, stderr } = await node(
      `import { loadSettings } from './src/config.ts';
      import { openTemporary } from './src/database/launch.ts';
      await openTemporary(loadSettings(), console.error).catch((error) => console.log(error.message));`,
      { XDG_CACHE_HOME: cache },
    );
    expect(stderr).not.toContain('Installing');
    expect(stdout).toBe(
      `SecantusDB (${launcher}) does not work, even installed anew: ModuleNotFoundError: No module named 'nothing_of_that_name'.\n`,
    );
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
