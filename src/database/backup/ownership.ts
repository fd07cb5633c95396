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

/** A condition on a document: by the database's clock, its `renewedAt` is so many milliseconds old. */
export const silentFor = (milliseconds: number) => ({
  // As numbers: SecantusDB compares $$NOW wrongly with a stored date.
  $expr: { $lt: [{ $toLong: '$renewedAt' }, { $subtract: [{ $toLong: '$$NOW' }, milliseconds] }] },
});

/**
 * Calls a function again and again, that renews a claim; a failure is met by the work as well, which tells it.
 * @returns what ends that; it resolves when no call is on its way any more
 */
export function keepRenewing(renew: () => Promise<void>, milliseconds: number): () => Promise<void> {
  let renewal: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    renewal = renew().catch(() => {});
  }, milliseconds).unref();
  return () => {
    clearInterval(timer);
    return renewal;
  };
}
