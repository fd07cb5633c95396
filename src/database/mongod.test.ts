import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../testing/processes.ts';
import { findBinary, type Engine } from './mongod.ts';
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
  const before = process.env['PATH'];
  process.env['PATH'] = dirname(path) + delimiter + before;
  const find = (madeBy?: Engine) => findBinary({ mongodBinary: null, madeBy }, quiet);
  try {
    const fresh = await find();
    expect(fresh).toEqual({ engine: 'mongod', path, origin: 'PATH' });
    expect(await find('mongod')).toEqual(fresh);
    expect(await find('SecantusDB')).toMatchObject({ engine: 'SecantusDB', path: installedSecantusDB() });
  } finally {
    process.env['PATH'] = before;
  }
});

test('a setting that names no file is told', async () => {
  const wish = { mongodBinary: '/nowhere/mongod', madeBy: undefined };
  await expect(findBinary(wish, quiet)).rejects.toThrow('MONGOMS_SYSTEM_BINARY: there is no file /nowhere/mongod');
});
