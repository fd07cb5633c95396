import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectRoot } from './config.ts';
import { run, temporaryFolder } from './testing/processes.ts';

describe.each(['.', '.ci/contract', '.ci/nodes'])('an installation in %s', (folder) => {
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

describe('the licences of the packages that the server needs', () => {
  const licences = (...lock: string[]) => run(['node', '.ci/licences.js', ...lock], {});

  test('are listed, each with its package, without those of development', async () => {
    const { code, stdout } = await licences();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^MIT +express@\d/m);
    expect(stdout).not.toMatch(/ jest@/);
  });

  test.each([{ license: 'AGPL-3.0-only' }, {}])('must be allowed ones: %j', async (terms) => {
    const lock = join(temporaryFolder(), 'package-lock.json');
    const packages = { '': {}, 'node_modules/a/node_modules/@b/c': { version: '1.0.0', ...terms } };
    writeFileSync(lock, JSON.stringify({ packages }));
    const { code, stderr } = await licences(lock);
    expect(code).toBe(1);
    expect(stderr).toContain(`Not allowed: @b/c@1.0.0 (${terms.license ?? 'no licence'}).`);
  });
});

const FIRST = ['package.json', 'packages.js', 'built.js', 'typescript.js', 'engines.js', 'migrate-mongo-config.js'];

/** The files that commands load first, in a folder without packages. */
function uninstalled(): string {
  const folder = temporaryFolder();
  for (const name of [...FIRST, 'src/cli.ts', 'src/migrate-mongo.ts'])
    cpSync(join(projectRoot, name), join(folder, name));
  return folder;
}

const inFolder = async (folder: string, command: string) => {
  const { code, stderr } = await run(['sh', '-c', `cd ${folder} && exec ${command}`], {});
  return { code, stderr };
};

test.each(['start', 'test', 'db:init'])('npm run %s before an installation says what to do', async (script) => {
  const stderr = 'The packages are not installed. Run npm ci first.\n';
  expect(await inFolder(uninstalled(), `npm run --silent ${script}`)).toEqual({ code: 1, stderr });
});

test.each(['npm start --silent', 'npm run --silent db:init', 'npx engines db:init', 'npx migrate-mongo up'])(
  '%s says which package has come since the installation',
  async (command) => {
    const folder = uninstalled();
    symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
    const { dependencies, ...others } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const pulled = { ...others, dependencies: { ...dependencies, '@new/package': '1.0.0' } };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(pulled));
    const stderr = 'Packages are missing: @new/package. Run npm ci first.\n';
    expect(await inFolder(folder, command)).toEqual({ code: 1, stderr });
  },
);
