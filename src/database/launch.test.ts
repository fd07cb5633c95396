import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadSettings } from '../config.ts';
import { temporaryFolder } from '../testing/processes.ts';
import { launch } from './launch.ts';
import { findBinary, type Binary } from './mongod.ts';

/** A database program whose port somebody else takes, as often as told. */
async function unlucky(times: number): Promise<{ binary: Binary; starts: () => number }> {
  const real = await findBinary({ ...loadSettings(), madeBy: undefined }, () => {});
  const folder = temporaryFolder();
  const path = join(folder, 'program');
  const taken = Array.from({ length: times }, (_, number) => join(folder, `taken-${number}`));
  const lines = taken.map((file) => `[ -e ${file} ] || { touch ${file}; echo 'Address already in use'; exit 48; }`);
  writeFileSync(path, ['#!/bin/sh', ...lines, `exec ${real.path} "$@"`, ''].join('\n'));
  chmodSync(path, 0o755);
  return { binary: { ...real, path }, starts: () => taken.filter((file) => existsSync(file)).length };
}

test('a port that somebody else takes first is replaced by another', async () => {
  const { binary, starts } = await unlucky(2);
  const server = await launch(binary, {});
  await server.stop();
  expect(starts()).toBe(2);
});

test('a port that is given is not replaced', async () => {
  const { binary, starts } = await unlucky(3);
  await expect(launch(binary, { port: 49_151 })).rejects.toThrow('already in use');
  expect(starts()).toBe(1);
});

test('it ends with the reason if all ports are taken', async () => {
  const { binary, starts } = await unlucky(5);
  await expect(launch(binary, {})).rejects.toThrow(/did not start on a temporary folder: .*already in use/);
  expect(starts()).toBe(3);
});
