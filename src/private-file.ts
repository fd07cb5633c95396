import { readFileSync, statSync } from 'node:fs';
import { OperatorError, systemReason } from './operator-error.ts';

/**
 * That others than its owner may use a file or folder, in words that follow its path, and what to do; `undefined` if nobody
 * else may. The group of a file of root may read it, because so systems give secrets to services (PostgreSQL has the same
 * rule for `ssl_key_file`).
 * @throws {Error} the error of the operating system if there is no such file
 */
export function openToOthers(path: string): { problem: string; remedy: string } | undefined {
  const stats = statSync(path);
  const { mode, uid } = stats;
  if ((mode & (uid === 0 ? 0o037 : 0o077)) === 0) return undefined;
  return {
    problem: `is open to other users (mode 0${(mode & 0o777).toString(8)})`,
    remedy: `Run chmod ${stats.isDirectory() ? 700 : 600} ${path}.`,
  };
}

/**
 * Reads a file that nobody else may see.
 * @param source what names the file, such as an environment variable, for the message
 * @throws {OperatorError} if it cannot be read, is empty, or is open to other users
 */
export function readPrivateFile(source: string, path: string): string {
  try {
    const flaw = openToOthers(path);
    if (flaw !== undefined)
      throw new OperatorError(
        `${source}: ${path} ${flaw.problem}. ${flaw.remedy} For files of containers see docs/settings.md.`,
      );
    const text = readFileSync(path, 'utf8');
    if (text.trim() === '') throw new OperatorError(`${source}: ${path} is empty. Write the secret into it.`);
    return text;
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new OperatorError(`${source}: the file cannot be read: ${reason}. Name a file that this program may read.`);
  }
}
