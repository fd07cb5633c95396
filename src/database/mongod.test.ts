import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
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

test('the setting goes before everything', async () => {
  const path = executable('my-mongod');
  const found = await findBinary({ mongodBinary: path, madeBy: undefined }, quiet);
  expect(found).toEqual({ engine: 'mongod', path, origin: 'MONGOMS_SYSTEM_BINARY' });
});

test('mongod on PATH is next, but data that SecantusDB made stay with it', async () => {
  const path = executable('mongod');
  const script = `import { findBinary } from './src/database/mongod.ts';
    for (const madeBy of [undefined, 'mongod', 'SecantusDB'])
      console.log(JSON.stringify(await findBinary({ mongodBinary: null, madeBy }, () => {})));`;
  const command = ['node', '--import', 'tsx/esm', '--input-type', 'module', '--eval', script];
  const { stdout } = await run(command, { PATH: dirname(path) + delimiter + process.env['PATH'] });
  const [fresh, ofMongod, ofSecantusDB] = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(fresh).toEqual({ engine: 'mongod', path, origin: 'PATH' });
  expect(ofMongod).toEqual(fresh);
  expect(ofSecantusDB).toMatchObject({ engine: 'SecantusDB', path: installedSecantusDB() });
});

test('a setting that names no file is told', async () => {
  const wish = { mongodBinary: '/nowhere/mongod', madeBy: undefined };
  await expect(findBinary(wish, quiet)).rejects.toThrow('MONGOMS_SYSTEM_BINARY: there is no file /nowhere/mongod');
});
