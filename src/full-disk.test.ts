import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { testDatabase } from './testing/database.ts';
import { CLI, run, temporaryFolder } from './testing/processes.ts';

const ENGINES = ['--collection', 'engines'];
/** Runs the command behind it while no file can grow. */
const ON_FULL_DISK = ['sh', '-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'sh'];
const hasFullDevice = existsSync('/dev/full') ? test : test.skip;

hasFullDevice.each([
  ['db:export', ['db:export', ...ENGINES]],
  ['migrate:status', ['migrate:status']],
])('what %s cannot print is told in one line', async (_command, parameters) => {
  const { db, uri } = await testDatabase();
  const toFull = ['sh', '-c', 'exec "$@" > /dev/full', 'sh', ...CLI, ...parameters];
  await db.collection('engines').insertOne({ title: 'RS-25' });
  const { code, stderr } = await run(toFull, { MONGODB_URI: uri });
  expect(code).toBe(1);
  expect(stderr.match(/^It failed: no space left on device, write\.$/gm)).toHaveLength(1);
  expect(stderr).not.toMatch(/^ +at /m);
});

test('an export onto a full disk is told in one line, and leaves nothing', async () => {
  const { uri } = await testDatabase();
  const folder = temporaryFolder();
  const { code, stderr } = await run([...ON_FULL_DISK, ...CLI, 'db:export', join(folder, 'engines.csv'), ...ENGINES], {
    MONGODB_URI: uri,
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Database: .*\n.*\/engines\.csv cannot be written: file too large, write\. Make room.*\n$/);
  expect(readdirSync(folder)).toEqual([]);
});
