import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadSettings } from '../config.ts';
import { run, temporaryFolder } from '../testing/processes.ts';
import { findBinary } from './mongod.ts';
import { installedSecantusDB } from './secantusdb.ts';

function executable(name: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

const quiet = () => {};
const { cacheHome } = loadSettings();

test('the setting goes before everything', async () => {
  const path = executable('my-mongod');
  const found = await findBinary({ cacheHome, mongodBinary: path, madeBy: undefined }, quiet);
  expect(found).toEqual({ program: 'mongod', path, origin: 'MONGOMS_SYSTEM_BINARY' });
});

test('mongod on PATH is next, but data that SecantusDB made stay with it', async () => {
  const path = executable('mongod');
  const script = `import { findBinary } from './src/database/mongod.ts';
    for (const madeBy of [undefined, 'mongod', 'SecantusDB'])
      console.log(JSON.stringify(await findBinary({ ...JSON.parse(process.argv.at(-1)), mongodBinary: null, madeBy }, () => {})));`;
  const command = [
    'node',
    '--import',
    'tsx/esm',
    '--input-type',
    'module',
    '--eval',
    script,
    JSON.stringify({ cacheHome }),
  ];
  const { stdout } = await run(command, { PATH: dirname(path) + delimiter + process.env['PATH'] });
  const [fresh, ofMongod, ofSecantusDB] = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(fresh).toEqual({ program: 'mongod', path, origin: 'PATH' });
  expect(ofMongod).toEqual(fresh);
  expect(ofSecantusDB).toMatchObject({ program: 'SecantusDB', path: await installedSecantusDB(cacheHome) });
});

test('the reason why no mongod can be downloaded is reported in one line', async () => {
  const script = `import { loadSettings } from './src/config.ts';
    import { findBinary } from './src/database/mongod.ts';
    const wish = { ...loadSettings(), mongodBinary: null, madeBy: undefined };
    await findBinary(wish, console.log).catch((error) => console.log(error.name, error.message));`;
  const node = process.execPath;
  const command = [node, '--import', 'tsx/esm', '--input-type', 'module', '--eval', script];
  const nowhere = { HOME: temporaryFolder(), PATH: '/nowhere', MONGOMS_DOWNLOAD_MIRROR: 'https://127.0.0.1:1' };
  const { stdout } = await run(command, nowhere);
  const reason = 'Downloading mongod failed: connect ECONNREFUSED 127.0.0.1:1';
  expect(stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^There is no mongod on this machine: downloading version \S+ \.\.\.$/),
    `${reason}; using SecantusDB instead.`,
    expect.stringMatching(
      `^OperatorError There is no database to start\\. ${reason}\\. Installing SecantusDB failed: no Python .*MONGODB_URI`,
    ),
  ]);
});

test('a setting that names no file is reported', async () => {
  const wish = { cacheHome, mongodBinary: '/nowhere/mongod', madeBy: undefined };
  await expect(findBinary(wish, quiet)).rejects.toThrow('MONGOMS_SYSTEM_BINARY: there is no file /nowhere/mongod');
});
