import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from './error-code.ts';

/**
 * Makes a folder and those above it, for their owner alone; one that is there already stays as it is.
 * Node's `recursive` never returns where a folder takes none and says ENOENT, as /proc does.
 * @throws {Error} of the operating system
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST') && statSync(path).isDirectory()) return;
    const parent = dirname(path);
    if (!hasCode(error, 'ENOENT') || existsSync(parent)) throw error;
    makeFolder(parent);
    makeFolder(path);
  }
}
