import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { testDatabase } from '../../testing/database.ts';
import { run, temporaryFolder } from '../../testing/processes.ts';
import { backup } from './backup.ts';
import { verifyFiles } from './verify-files.ts';
import { silent } from './watch.ts';

const { db, uri } = await testDatabase();
await db.collection('engines').insertMany(Array.from({ length: 30 }, (_, index) => ({ index })));
await db.collection('stages').insertMany(Array.from({ length: 60 }, (_, index) => ({ index })));

/** Makes backups while the system lets no file grow above each of the limits; prints what came of them as JSON. */
const SCRIPT = `
  import { spawnSync } from 'node:child_process';
  import { MongoClient } from 'mongodb';
  import { backup } from './src/database/backup/backup.ts';
  import { silent } from './src/database/backup/watch.ts';
  const [uri, directory, limits] = JSON.parse(process.argv.at(-1));
  const client = await new MongoClient(uri).connect();
  const outcomes = [];
  for (const limit of limits) {
    spawnSync('prlimit', ['--pid', process.pid, '--fsize=' + limit + ':unlimited']);
    for (const gzip of [false, true])
      outcomes.push(await backup(client.db(), directory + '-' + limit + '-' + gzip, { gzip, watch: silent })
        .then(() => 'made', (error) => error.name + ': ' + error.message));
  }
  await client.close();
  console.log(JSON.stringify(outcomes));
`;

// Not every system can limit the size of files of a running process.
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a disk that is full at any write leaves nothing, and says so', async () => {
  const parent = temporaryFolder();
  const { directory, manifest } = await backup(db, join(parent, 'whole'), { watch: silent });
  const manifestSize = statSync(join(directory, 'manifest.json')).size;
  const largest = Math.max(manifestSize, ...manifest.files.map(({ bytes }) => bytes));
  // The files have different sizes, so that each is the first that is too large for one of these.
  const limits = [
    0,
    1,
    ...[80, manifestSize, ...manifest.files.map(({ bytes }) => bytes)].map((size) => size - 1),
    largest,
  ];
  const command = ['sh', '-c', 'trap "" XFSZ; exec node --import tsx/esm --input-type=module --eval "$1" "$2"', 'sh'];
  const parameters = JSON.stringify([uri, join(parent, 'tried'), limits]);
  const { stdout, stderr } = await run([...command, SCRIPT, parameters], {});
  expect(stderr).toBe('');
  const outcomes: unknown = JSON.parse(stdout);
  if (!Array.isArray(outcomes)) throw new Error('no array');
  const plain = outcomes.filter((_, index) => index % 2 === 0);
  expect(plain.at(-1)).toBe('made');
  for (const outcome of plain.slice(0, -1))
    expect(outcome).toMatch(/^OperatorError: .*cannot be written \(EFBIG: .*Make room/);
  const made = readdirSync(parent).filter((name) => name !== 'whole');
  expect(made).toHaveLength(outcomes.filter((outcome) => outcome === 'made').length);
  for (const name of made) expect((await verifyFiles(join(parent, name), silent)).defects).toEqual([]);
});
