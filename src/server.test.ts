import { expect, test } from '@jest/globals';
import { SERVER, run } from './testing/processes.ts';

test('npm start lists its settings with --help', async () => {
  const { code, stdout } = await run([...SERVER, '--help'], {});
  expect(code).toBe(0);
  for (const name of ['MONGODB_URI', 'PORT', 'HOST', 'NODE_ENV', 'LOG_LEVEL', 'INSTANCE_PATH', '3000'])
    expect(stdout).toContain(name);
});
