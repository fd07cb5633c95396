import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadSettings } from '../config.ts';
import { CLI, run, SERVER, temporaryFolder } from '../testing/processes.ts';
import { openEmbedded } from './embedded.ts';

const onLinux = process.platform === 'linux' ? test : test.skip;

/** Runs the command behind it while no file can grow. */
const ON_FULL_DISK = ['sh', '-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'sh'];

async function failure(instancePath: string): Promise<unknown> {
  return openEmbedded({ ...loadSettings(), instancePath, share: false, report() {} }).catch((error: unknown) => error);
}

const unusable = (instance: string, reason: string) => ({
  name: 'OperatorError',
  message:
    `The instance folder ${instance} cannot be used: ${reason}. Free some space there, or set INSTANCE_PATH to a ` +
    'folder that you can write to.',
});

describe('an instance folder that cannot be used is reported at once, in one line:', () => {
  test('one below a file', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const instance = join(file, 'instance');
    expect(await failure(instance)).toMatchObject(unusable(instance, `not a directory, mkdir '${instance}/data'`));
  });

  onLinux('one in a folder that takes none', async () => {
    const reason = "no such file or directory, mkdir '/proc/x'";
    expect(await failure('/proc/x/y')).toMatchObject(unusable('/proc/x/y', reason));
  });

  test('one whose data lie nowhere', async () => {
    const instance = temporaryFolder();
    symlinkSync('/nowhere/data', join(instance, 'data'));
    const reason = `no such file or directory, stat '${instance}/data'`;
    expect(await failure(instance)).toMatchObject(unusable(instance, reason));
  });

  test.each(['embedded.json', 'data/engine'])('one whose %s cannot be read', async (name) => {
    const instance = temporaryFolder();
    mkdirSync(join(instance, name), { recursive: true });
    expect(await failure(instance)).toMatchObject(unusable(instance, 'illegal operation on a directory, read'));
  });

  test.each([
    ['npm start', SERVER],
    ['a command', [...CLI, 'db:init']],
  ])('one on a full disk, by %s', async (_what, command) => {
    const instance = temporaryFolder();
    const { code, stderr } = await run([...ON_FULL_DISK, ...command], { INSTANCE_PATH: instance });
    expect({ code, stderr }).toEqual({ code: 1, stderr: `${unusable(instance, 'file too large, write').message}\n` });
  });
});
