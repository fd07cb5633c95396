import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectRoot } from './config.ts';
import { run, temporaryFolder } from './testing/processes.ts';

describe.each(['.', '.ci/contract'])('an installation in %s', (folder) => {
  test('runs no script of a package', async () => {
    const { stdout } = await run(['npm', '--prefix', folder, 'config', 'get', 'ignore-scripts'], {});
    expect(stdout).toBe('true\n');
  });

  test('comes from whatever registry this machine uses, byte for byte', () => {
    const lock = JSON.parse(readFileSync(join(projectRoot, folder, 'package-lock.json'), 'utf8'));
    const { '': _root, ...packages }: Record<string, Record<string, unknown>> = lock.packages;
    const entries = Object.entries(packages).filter(([, { inBundle, link }]) => !inBundle && !link);
    expect(entries.filter(([, { integrity, resolved }]) => !integrity || resolved)).toEqual([]);
  });
});

test.each(['start', 'test', 'db:init'])('npm run %s before an installation says what to do', async (script) => {
  const folder = temporaryFolder();
  for (const name of ['package.json', 'typescript.js', 'engines.js', 'src/cli.ts'])
    cpSync(join(projectRoot, name), join(folder, name));
  const { code, stderr } = await run(['npm', '--prefix', folder, 'run', '--silent', script], {});
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'The packages are not installed. Run npm ci first.\n' });
});
