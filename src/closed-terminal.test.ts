import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { isAlive } from './lease/alive.ts';
import { testDatabase } from './testing/database.ts';
import { CLI, run, runCli, SERVER, temporaryFolder } from './testing/processes.ts';
import { openTerminal } from './testing/terminal.ts';

const ENGINES = ['--collection', 'engines'];
const BY_SIGHUP = -1;
/** So many that no command has done its work before the terminal is closed. */
const COUNT = 20_000;

/** What lies in a folder, whatever its depth; not the files of an embedded database. */
const contentOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('data'));

describe('a closed terminal ends, and leaves no file and no database behind it:', () => {
  test.each([
    ['the server', SERVER, 'Listening on', '1'],
    ['the server with its workers', SERVER, 'Listening on', '2'],
    ['a command', [...CLI, 'db:seed', '--count', '100000'], 'Seeding engines: [1-9]', '1'],
  ])('%s', async (_what, command, pattern, WORKERS) => {
    const instance = temporaryFolder();
    const terminal = await openTerminal(command, pattern, { INSTANCE_PATH: instance, PORT: '0', WORKERS });
    const { pid } = JSON.parse(readFileSync(join(instance, 'embedded.json'), 'utf8'));
    expect(isAlive(pid)).toBe(true);
    expect(await terminal.close()).toBe(BY_SIGHUP);
    expect(isAlive(pid)).toBe(false);
    expect(contentOf(instance)).toEqual([]);
  });
});

describe('a closed terminal ends', () => {
  const source = temporaryFolder();
  const backup = join(source, 'backup');
  const rows = join(source, 'rows.ndjson');
  let env: Record<string, string>;

  beforeAll(async () => {
    const { db, uri } = await testDatabase();
    env = { MONGODB_URI: uri, INSTANCE_PATH: temporaryFolder() };
    const engines = Array.from({ length: COUNT }, (_, thrust) => ({ title: 'RS-25', thrust, lastFired: null }));
    await db.collection('engines').insertMany(engines);
    expect(await runCli(['db:backup', backup], env)).toMatchObject({ code: 0 });
    writeFileSync(rows, '{"title":"RS-25","thrust":1}\n'.repeat(COUNT));
  }, 180_000); // it stores and reads them all, on a machine that does other work

  test.each([
    ['a backup', ['db:backup', 'TARGET/backup'], 'Backup of'],
    ['an export', ['db:export', 'TARGET/engines.csv', ...ENGINES], 'Exporting'],
    ['an import', ['db:import', rows, ...ENGINES], 'Importing'],
    ['an import of what somebody types', ['db:import', '-', '--format', 'csv', ...ENGINES], 'Database: '],
    ['the check of a backup', ['db:verify', backup], 'Restoring verify-'],
    ['a shell', ['shell'], 'engines>'],
  ])('%s, and leaves nothing behind it', async (_what, parameters, pattern) => {
    const target = temporaryFolder();
    const command = [...CLI, ...parameters.map((parameter) => parameter.replace('TARGET', target))];
    const terminal = await openTerminal(command, pattern, env);
    expect(await terminal.close()).toBe(BY_SIGHUP);
    expect(contentOf(target)).toEqual([]);
  });

  test('a shell that gets no signal', async () => {
    const terminal = await openTerminal([...CLI, 'shell'], 'engines>', env, 'none');
    expect(await terminal.close()).toBe(BY_SIGHUP);
  });

  test('a restore, which goes on where it was when it is run again', async () => {
    const { db, uri } = await testDatabase();
    const there = { ...env, MONGODB_URI: uri };
    const command = ['db:restore', backup, '--to', db.databaseName];
    const terminal = await openTerminal([...CLI, ...command], 'Restoring .*: [1-9][0-9]* of', there);
    expect(await terminal.close()).toBe(BY_SIGHUP);
    const loaded = await db.collection('engines').countDocuments();
    expect(loaded).toBeLessThan(COUNT);
    // With what it says, should it fail.
    expect(await run([...CLI, ...command], there)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Restor'),
    });
    expect(await db.collection('engines').countDocuments()).toBe(COUNT);
  }, 180_000); // it loads them twice, on a machine that does other work
});
