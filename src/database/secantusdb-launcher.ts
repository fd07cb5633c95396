import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../error-code.ts';
import { OperatorError, systemReason } from '../operator-error.ts';

const LAUNCHER = `#!/bin/sh
exec "$(dirname "$0")/bin/python" "$0.py" "$@"
`;

/**
 * Puts the launcher of this checkout into an installation, unless it is there. It is named after its content: checkouts
 * of other versions have their own beside it, and an edit of mongod.py does not install the packages again.
 * Several processes may call this at once.
 * @returns its path, `undefined` if the installation is gone
 * @throws {OperatorError} if it cannot be written
 */
export function placeLauncher(mongodPy: string, installation: string): string | undefined {
  const program = readFileSync(mongodPy);
  const hash = createHash('sha256').update(LAUNCHER).update(program).digest('hex').slice(0, 12);
  const launcher = join(installation, `mongod-${hash}`);
  try {
    if (!existsSync(launcher)) {
      writeWhole(`${launcher}.py`, program, 0o644);
      writeWhole(launcher, LAUNCHER, 0o755); // last: where it is, the other file is too
    }
    return launcher;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new OperatorError(`${launcher} cannot be written: ${reason}. Name another folder in XDG_CACHE_HOME.`);
  }
}

/** Writes a file, whole or not at all. */
function writeWhole(path: string, content: Buffer | string, mode: number): void {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, content);
  chmodSync(own, mode);
  renameSync(own, path);
}
