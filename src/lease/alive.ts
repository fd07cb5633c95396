import { readFileSync } from 'node:fs';
import { hasCode } from '../error-code.ts';

/** Whether a process of this machine runs. A zombie, which has ended and waits for its parent, does not run. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
  try {
    // proc(5): the state follows the name, which is in parentheses and may hold anything. Z: zombie, X: dead.
    return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true; // no /proc on this system
  }
}
