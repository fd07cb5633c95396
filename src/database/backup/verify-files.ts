import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hasCode } from '../../error-code.ts';
import { messageOf, OperatorError } from '../../operator-error.ts';
import { isOfPresent, isRestoring } from '../../own-collections.ts';
import { isInternal, type Description } from './collections.ts';
import { sameContents, type Contents } from './digest.ts';
import { readDumpArchive } from './dump-archive.ts';
import { readDumpFolder } from './dump-folder.ts';
import { MANIFEST } from './layout.ts';
import { readManifest, type Manifest } from './manifest.ts';
import type { Defect } from './read-folder.ts';
import { onStderr, type Watch } from './watch.ts';

/** A collection of a backup on disk. */
export interface StoredCollection extends Description, Contents {
  /** Reads its documents in the order of the backup; a view has none. */
  read: () => AsyncIterable<Buffer[]>;
}

/** Some documents of a collection, or its end. */
export interface Part {
  name: string;
  documents: Buffer[];
  isLast: boolean;
}

/** What a backup holds, or as much of it as could be read. */
export interface StoredBackup {
  /** Its folder or archive; absolute. */
  path: string;
  /** The name of the database that it was made of. */
  database: string;
  /** `undefined` for a dump of mongodump. */
  manifest: Manifest | undefined;
  collections: StoredCollection[];
  /** Empty if nothing is wrong. */
  defects: Defect[];
  /** Reads the documents of some collections in one pass. In an archive the collections take turns. */
  readAll: (names: readonly string[]) => AsyncIterable<Part>;
}

/**
 * Reads every byte of a backup and compares it with the manifest: which files there are, their sizes and SHA-256, the
 * number of documents. A dump of mongodump has no manifest: then the structure of each document in a folder, the checksums
 * in an archive, and the metadata are checked.
 * @param from which database, if a dump holds several
 * @throws {OperatorError} if it is not a backup, or it is not clear which database to read
 */
export async function verifyFiles(backup: string, watch: Watch = onStderr, from?: string): Promise<StoredBackup> {
  const path = resolve(backup);
  const found = await stat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR'))
      throw new OperatorError(`${path} is not there. Name the folder of a backup, or an archive of mongodump.`);
    throw error;
  });
  const defects: Defect[] = [];
  const isFolder = found.isDirectory();
  const manifest = isFolder ? await manifestOf(path, defects) : undefined;
  const dump = { path, manifest, from, defects, watch };
  const { database, collections, readAll } = await (isFolder ? readDumpFolder(dump) : readDumpArchive(dump));
  // Dumps of mongodump and backups of earlier versions may hold them.
  const restored = collections.filter(({ name }) => !isOfPresent(name));
  for (const { name, type, documents } of restored)
    if (isRestoring(name) || name.startsWith('$') || isInternal(name))
      defects.push({ where: name, problem: 'is a collection that only mongorestore can restore' });
    else if (type === 'view' && documents > 0) defects.push({ where: name, problem: 'is a view, but has documents' });
  if (manifest) compareContents(manifest, collections, defects);
  else if (isFolder && defects.length === 0) watch.report(`${path} has no manifest, so no hashes can be checked.`);
  return { path, database, manifest, collections: restored, defects, readAll };
}

async function manifestOf(path: string, defects: Defect[]): Promise<Manifest | undefined> {
  try {
    return await readManifest(path);
  } catch (error) {
    defects.push({ where: MANIFEST, problem: messageOf(error) });
    return undefined;
  }
}

function compareContents(manifest: Manifest, collections: readonly StoredCollection[], defects: Defect[]): void {
  if (defects.length > 0) return;
  const found = new Map(collections.map((collection) => [collection.name, collection]));
  for (const wanted of manifest.collections) {
    const collection = found.get(wanted.name);
    if (collection === undefined || !sameContents(collection, wanted))
      defects.push({ where: wanted.name, problem: 'differs from what the manifest says' });
  }
}
