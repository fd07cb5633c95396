import { isAlive } from '../alive.ts';

/** In a container every start has the same process id, so that the id alone does not say what this process uses. */
const inUse = new Set<string>();

/** Says that this process uses something from now on, by a name that nothing else has. */
export function take(name: string): void {
  inUse.add(name);
}

/** Says that this process uses it no longer. */
export function giveUp(name: string): void {
  inUse.delete(name);
}

/** Whether a process of this machine that used something has ended, or has given it up. */
export function isLeftover(pid: number, name: string): boolean {
  return pid === process.pid ? !inUse.has(name) : !isAlive(pid);
}
