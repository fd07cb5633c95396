import { once } from 'node:events';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ownServer, testDatabase } from '../testing/database.ts';
import { CLI, launch, run, temporaryFolder } from '../testing/processes.ts';

const SCRATCH = /(?:rehearsal|verify)-[0-9a-f]{8}/;

// Other tests sweep what is left on theirs.
const database = await testDatabase(await ownServer());
const backup = join(temporaryFolder(), 'backup');
const env = { MONGODB_URI: database.uri, INSTANCE_PATH: temporaryFolder() };

beforeAll(async () => {
  const things = Array.from({ length: 3000 }, (_, size) => ({ size, name: `thing ${size}` }));
  await database.db.collection('things').insertMany(things);
  expect(await run([...CLI, 'db:backup', backup], env)).toMatchObject({ code: 0 });
});

const COMMANDS = [
  ['migrate:rehearse', ['migrate:rehearse']],
  ['db:verify', ['db:verify', backup]],
] as const;

/** Starts a command and waits until it names its scratch database. @returns its name too */
async function started(parameters: readonly string[]) {
  const { child, ended } = launch([...CLI, ...parameters], env);
  let printed = '';
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  let scratch: string | undefined;
  while ((scratch = SCRATCH.exec(printed)?.[0]) === undefined) await once(child.stderr, 'data');
  return { child, ended, scratch };
}

async function exists(name: string): Promise<boolean> {
  const { databases } = await database.db.client.db('admin').admin().listDatabases({ nameOnly: true });
  return databases.some((one) => one.name === name);
}

describe.each(COMMANDS)('%s', (_name, parameters) => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'removes its copy of the data when it gets %s',
    async (signal) => {
      const { child, ended, scratch } = await started(parameters);
      child.kill(signal);
      child.kill(signal); // as under npm, where Ctrl-C arrives twice
      expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining('It was interrupted.') });
      expect(await exists(scratch)).toBe(false);
    },
  );

  test('removes what a killed one has left, and says so', async () => {
    const { child, ended, scratch } = await started(parameters);
    child.kill('SIGKILL');
    await ended;
    expect(await exists(scratch)).toBe(true);
    const { code, stderr } = await run([...CLI, ...parameters], env);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Removed ${scratch}, which process ${child.pid} on `)]);
    expect(await exists(scratch)).toBe(false);
  });
});
