import { isAlive } from './alive.ts';

/** In a container every start has the same process id. So the id alone does not say whether this process uses something. */
const inUse = new Set<string>();

/** Notes that this process uses something from now on. Nothing else may have that name. */
export function markInUse(name: string): void {
  inUse.add(name);
}

/** Notes that this process uses it no longer. */
export function markUnused(name: string): void {
  inUse.delete(name);
}

/** Whether the process of this machine that used something has ended, or uses it no longer. */
export function isLeftover(pid: number, name: string): boolean {
  return pid === process.pid ? !inUse.has(name) : !isAlive(pid);
}
