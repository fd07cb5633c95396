import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from './error-code.ts';

/**
 * Creates a folder and its missing parents, readable only by their owner. A folder that exists is not changed.
 * Node's option `recursive` is not used: it never returns if the parent answers ENOENT, as /proc does.
 * @throws {Error} the error of the operating system
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
