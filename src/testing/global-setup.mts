import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { loadSettings } from '../config.ts';
import { openTemporary } from '../database/launch.ts';

const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 2 ** 30;

/** One database server for the whole run, or that of TEST_MONGODB_URI; each test file takes a database of its own in it. */
export default async function globalSetup(): Promise<void> {
  if (process.env['TEST_MONGODB_URI'] !== undefined) {
    Object.assign(globalThis, { stopTestDatabase() {} });
    return;
  }
  const folder = tmpdir();
  // There an fsync costs nothing.
  if (hasRoom(MEMORY)) process.env['TMPDIR'] = MEMORY;
  const { uri, stop } = await openTemporary(loadSettings(), (line) => console.error(line));
  process.env['TMPDIR'] = folder;
  // Jest's workers are processes: they see the environment, not this module.
  process.env['TEST_MONGODB_URI'] = uri;
  Object.assign(globalThis, { stopTestDatabase: stop });
}

function hasRoom(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize > ENOUGH_BYTES;
  } catch {
    return false; // only Linux has it
  }
}
