import { expect, test } from '@jest/globals';
import { testDatabase } from '../testing/database.ts';
import { runHere } from '../testing/commands.ts';
import { runCli, temporaryFolder } from '../testing/processes.ts';

const { db, uri } = await testDatabase();
const env = { MONGODB_URI: uri, INSTANCE_PATH: temporaryFolder() };
const engines = db.collection('engines');

test('sample engines are stored, at hand in the shell, and the same again by way of a file', async () => {
  expect((await runHere(['db:seed', '--count', '200', '--months', '6'], env)).code).toBe(0);
  const shell = await runCli(['shell'], env, 'await Engine.countDocuments()\n');
  expect(shell).toMatchObject({ code: 0, stdout: expect.stringContaining('200') });

  const file = async () => (await runCli(['db:export', '--collection', 'engines', '--format', 'csv'], env)).stdout;
  const before = await file();
  await engines.deleteMany({});
  const imported = await runCli(['db:import', '-', '--collection', 'engines', '--format', 'csv'], env, before);
  expect(imported).toMatchObject({ code: 0, stdout: '200 read, 200 stored, 0 rejected\n' });
  expect(await file()).toBe(before);
});
