import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { testDatabase } from './testing/database.ts';
import { launch, SERVER, run } from './testing/processes.ts';
import { openTerminal } from './testing/terminal.ts';

test('npm start lists its settings with --help', async () => {
  const { code, stdout } = await run([...SERVER, '--help'], {});
  expect(code).toBe(0);
  for (const name of ['MONGODB_URI', 'PORT', 'HOST', 'NODE_ENV', 'LOG_LEVEL', 'INSTANCE_PATH', '3000'])
    expect(stdout).toContain(name);
});

describe('LOG_FORMAT', () => {
  test('plain has the server speak to people where there is no terminal', async () => {
    const { uri } = await testDatabase();
    const env = { MONGODB_URI: uri, PORT: '0', LOG_FORMAT: 'plain', LOG_LEVEL: 'debug' };
    const { child, ended } = launch(SERVER, env);
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^Listening on (\S+) \(open it in a browser\)$/.exec(line)?.[1];
      if (url) await fetch(`${url}/health`);
      if (line.startsWith('GET ')) child.kill();
    }
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Database: mongodb:.*\nThe database was empty .*\n( {2}\S.*\n)+Listening on /);
    expect(stdout).toMatch(/\nGET \/health 200 in [\d.]+ ms\nStopping \(SIGTERM\).*\nStopped\.\n$/);
  });

  test('json has it write JSON on a terminal', async () => {
    const { uri } = await testDatabase();
    const env = { MONGODB_URI: uri, PORT: '0', LOG_FORMAT: 'json' };
    const terminal = await openTerminal(SERVER, '"url":"http://127.0.0.1:[0-9]+","msg":"listening"}', env);
    await terminal.close();
  });
});
