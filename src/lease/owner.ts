import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The process that holds a lease. Other processes show it while they wait. */
export interface Owner {
  host: string;
  pid: number;
  /** What it does: `up`. */
  command: string;
}

/** This process as an owner. */
export const thisProcess = (command: string): Owner => ({ host: hostname(), pid: process.pid, command });

/**
 * Identifies where a process id means one process: this start of this machine, and this process namespace. `null` where that
 * is not known. See pid_namespaces(7) and random(4).
 */
export function processSpace(): string | null {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null; // no /proc on this system
  }
}
