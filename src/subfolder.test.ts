import { expect, test } from '@jest/globals';
import { testDatabase } from './testing/database.ts';
import { run } from './testing/processes.ts';
import { ownMigrations } from './testing/migrations-folder.ts';

const inFolder = async (folder: string, command: string, env: Record<string, string>) =>
  run(['sh', '-c', `cd ${folder} && exec ${command}`], env);

test('npx migrate-mongo works in src', async () => {
  const { uri } = await testDatabase();
  const { code, stdout } = await inFolder('src', 'npx migrate-mongo status', { MONGODB_URI: uri });
  expect(code).toBe(0);
  for (const name of ownMigrations) expect(stdout).toContain(name);
});

test('npm start finds its settings from a folder within', async () => {
  const { code, stderr } = await inFolder('src/engines', 'npm start --silent', { INSTANCE_PATH: 'package.json' });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^INSTANCE_PATH: .*\/package\.json is not a folder/),
  });
});
