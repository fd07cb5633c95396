import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { hasCode } from '../error-code.ts';

/** `embedded.json`: which process started the database, and once it runs, where it listens. */
export interface Claim {
  owner: number;
  pid?: number;
  uri?: string;
}

/** Who reaches the database may do everything with it. */
const PRIVATE = { mode: 0o600 };

/** Creates the claim, whole or not at all; false if there is one. */
export function tryClaim(path: string): boolean {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ owner: process.pid } satisfies Claim), PRIVATE);
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(own);
  }
}

/** Removes the claim of a process that has ended, but not one that another process has made in its place since. */
export function discardClaim(path: string, stale: Claim): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return; // another process was faster
    throw error;
  }
  if (isDeepStrictEqual(readClaim(aside), stale)) rmSync(aside);
  else renameSync(aside, path);
}

/** Replaces the claim, whole or not at all. */
export function replaceClaim(path: string, claim: Claim): void {
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(claim), PRIVATE);
  renameSync(`${path}.${process.pid}`, path);
}

/** The claim, `undefined` if there is none. A damaged one was left by a crash: it counts as one of an ended process. */
export function readClaim(path: string): Claim | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const ended = { owner: process.pid };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return ended;
    if (!('owner' in value) || typeof value.owner !== 'number') return ended;
    return {
      owner: value.owner,
      ...('pid' in value && typeof value.pid === 'number' && { pid: value.pid }),
      ...('uri' in value && typeof value.uri === 'string' && { uri: value.uri }),
    };
  } catch {
    return ended;
  }
}

/** The text of a file, `undefined` if there is none. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
