import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hasCode } from '../../error-code.ts';
import { OperatorError } from '../../operator-error.ts';
import { isRestoring } from '../../own-collections.ts';
import { isInternal, type Description } from './collections.ts';
import { sameContents, type Contents } from './digest.ts';
import { readDumpFolder } from './dump-folder.ts';
import { MANIFEST } from './layout.ts';
import { readManifest, type Manifest } from './manifest.ts';
import { explain, type Finding } from './read-folder.ts';
import { onStderr, type Watch } from './watch.ts';

/** A collection of a backup on disk. */
export interface StoredCollection extends Description, Contents {
  /** Absolute path of its documents; a view has none. */
  data: string | undefined;
  gzip: boolean;
}

/** What a backup holds, as far as it could be read. */
export interface StoredBackup {
  /** Absolute. */
  directory: string;
  /** The name of the database that it was made of. */
  database: string;
  /** `undefined` for what mongodump made. */
  manifest: Manifest | undefined;
  collections: StoredCollection[];
  /** Empty for a backup in good order. */
  findings: Finding[];
}

/**
 * Reads every byte of a backup and compares it with the manifest: which files there are, their sizes and SHA-256, the
 * number of documents. Without a manifest, as mongodump leaves it, the structure of each document and of the metadata.
 * @param from the database that is meant, where a dump holds several
 * @throws {OperatorError} if the folder is no backup at all, or does not say which database is meant
 */
export async function verifyFiles(directory: string, watch: Watch = onStderr, from?: string): Promise<StoredBackup> {
  const root = resolve(directory);
  if (!(await isFolder(root))) throw new OperatorError(`${root} is no folder. Name the folder of a backup.`);
  const findings: Finding[] = [];
  const manifest = await readManifest(root).catch((error: unknown) => {
    findings.push({ where: MANIFEST, problem: explain(error) });
    return undefined;
  });
  const { database, collections } = await readDumpFolder({ root, manifest, from, findings, watch });
  for (const { name } of collections)
    if (isRestoring(name) || name.startsWith('$') || isInternal(name))
      findings.push({ where: name, problem: 'is a collection that only mongorestore can restore' });
  if (manifest) compareContents(manifest, collections, findings);
  else if (findings.length === 0) watch.report(`${root} has no manifest, so there are no hashes to compare.`);
  return { directory: root, database, manifest, collections, findings };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR')) throw error;
    return false;
  }
}

function compareContents(manifest: Manifest, collections: readonly StoredCollection[], findings: Finding[]): void {
  if (findings.length > 0) return;
  const found = new Map(collections.map((collection) => [collection.name, collection]));
  for (const wanted of manifest.collections) {
    const collection = found.get(wanted.name);
    if (collection === undefined || !sameContents(collection, wanted))
      findings.push({ where: wanted.name, problem: 'is not what the manifest says' });
  }
}
