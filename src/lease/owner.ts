import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The process that holds a lease, for whoever waits for it. */
export interface Owner {
  host: string;
  pid: number;
  /** What it does: `up`. */
  command: string;
}

/** This process, doing that. */
export const thisProcess = (command: string): Owner => ({ host: hostname(), pid: process.pid, command });

/**
 * Where a process id means one process: this machine since its start, and the processes that this one sees. `null` where
 * that is not known. See pid_namespaces(7) and random(4).
 */
export function processSpace(): string | null {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null; // no /proc on this system
  }
}
