import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../error-code.ts';
import type { Contents } from './digest.ts';
import type { FileHash } from './file.ts';
import { MANIFEST, MANIFEST_HASH } from './layout.ts';

/** What a backup holds. */
export interface Manifest {
  format: 'spaceship-backup';
  version: 1;
  database: string;
  /** When it began, RFC 3339 UTC. */
  createdAt: string;
  server: { version: string; setName?: string };
  /** One sentence: what the backup holds if there were writes while it was made. */
  consistency: string;
  gzip: boolean;
  /** Collections and views of the database that were left out, as `db:backup --skip` asked. */
  skipped?: string[];
  collections: (Contents & { name: string; type: string })[];
  /** All files but the manifest and its hash; `path` is relative to the backup's folder, with slashes. */
  files: (FileHash & { path: string })[];
}

/** The text of the manifest, and of the file that sha256sum checks it by. */
export function manifestTexts(manifest: Manifest): { manifest: string; hash: string } {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  return { manifest: text, hash: hashLine(Buffer.from(text)) };
}

const hashLine = (text: Buffer): string => `${createHash('sha256').update(text).digest('hex')}  ${MANIFEST}\n`;

/**
 * Reads the manifest of a backup.
 * @returns `undefined` where there is neither a manifest nor a hash of one: mongodump makes none
 * @throws {Error} saying which of the two is missing or damaged
 */
export async function readManifest(directory: string): Promise<Manifest | undefined> {
  const text = await bytesOf(join(directory, MANIFEST));
  const hash = await bytesOf(join(directory, MANIFEST_HASH));
  if (text === undefined && hash === undefined) return undefined;
  if (text === undefined) throw new Error(`${MANIFEST} is missing`);
  if (hash === undefined) throw new Error(`${MANIFEST_HASH} is missing`);
  if (!hash.equals(Buffer.from(hashLine(text)))) throw new Error(`${MANIFEST} is not what ${MANIFEST_HASH} says`);
  const value: unknown = JSON.parse(text.toString());
  if (!isManifest(value)) throw new Error(`${MANIFEST} is of another kind or a later version`);
  return value;
}

async function bytesOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether a value is a manifest of this version. Damage is excluded: its hash has been checked. */
function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  return 'format' in value && value.format === 'spaceship-backup' && 'version' in value && value.version === 1;
}
