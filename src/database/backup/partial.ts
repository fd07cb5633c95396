import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isLeftover, markInUse, markUnused } from '../../lease/index.ts';

/** Temporary names end in the process that uses them, so that leftovers of killed processes can be recognised. */
const PARTIAL = /\.partial-(\d+)@(.+)$/s;

/** Works on a file or folder under a temporary name beside its final one. If that still exists at the end, it is removed. */
export async function withPartial<T>(directory: string, action: (partial: string) => Promise<T>): Promise<T> {
  const partial = join(dirname(directory), `${basename(directory)}.partial-${process.pid}@${hostname()}`);
  markInUse(partial);
  try {
    return await action(partial);
  } finally {
    await rm(partial, { recursive: true, force: true });
    markUnused(partial);
  }
}

/** Removes the folders that processes of this machine left half made or half removed when they were killed. */
export async function removeLeftovers(parent: string): Promise<void> {
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    const [, pid, host] = PARTIAL.exec(entry.name) ?? [];
    const path = join(parent, entry.name);
    if (entry.isDirectory() && host === hostname() && isLeftover(Number(pid), path))
      await rm(path, { recursive: true, force: true });
  }
}
