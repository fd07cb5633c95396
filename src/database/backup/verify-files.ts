import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hasCode } from '../../error-code.ts';
import { OperatorError } from '../../operator-error.ts';
import { isRestoring, LEASE_COLLECTION } from '../../own-collections.ts';
import { isInternal, type Description } from './collections.ts';
import { sameContents, type Contents } from './digest.ts';
import { readDumpArchive } from './dump-archive.ts';
import { readDumpFolder } from './dump-folder.ts';
import { MANIFEST } from './layout.ts';
import { readManifest, type Manifest } from './manifest.ts';
import { explain, type Finding } from './read-folder.ts';
import { onStderr, type Watch } from './watch.ts';

/** A collection of a backup on disk. */
export interface StoredCollection extends Description, Contents {
  /** Reads its documents, in the order in which they lie there; a view has none. */
  read: () => AsyncIterable<Buffer[]>;
}

/** Some documents of a collection, or its end. */
export interface Part {
  name: string;
  documents: Buffer[];
  isLast: boolean;
}

/** What a backup holds, as far as it could be read. */
export interface StoredBackup {
  /** Its folder or archive; absolute. */
  path: string;
  /** The name of the database that it was made of. */
  database: string;
  /** `undefined` for what mongodump made. */
  manifest: Manifest | undefined;
  collections: StoredCollection[];
  /** Empty for a backup in good order. */
  findings: Finding[];
  /** Reads the documents of some collections in one pass; in an archive they take turns. */
  readAll: (names: readonly string[]) => AsyncIterable<Part>;
}

/**
 * Reads every byte of a backup and compares it with the manifest: which files there are, their sizes and SHA-256, the
 * number of documents. Of what mongodump made, which has no manifest: the structure of each document in a folder, the
 * checksums in an archive, and the metadata.
 * @param from the database that is meant, where a dump holds several
 * @throws {OperatorError} if it is no backup at all, or does not say which database is meant
 */
export async function verifyFiles(backup: string, watch: Watch = onStderr, from?: string): Promise<StoredBackup> {
  const path = resolve(backup);
  const found = await stat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR'))
      throw new OperatorError(`${path} is not there. Name the folder of a backup, or an archive of mongodump.`);
    throw error;
  });
  const findings: Finding[] = [];
  const isFolder = found.isDirectory();
  const manifest = isFolder ? await manifestOf(path, findings) : undefined;
  const dump = { path, manifest, from, findings, watch };
  const { database, collections, readAll } = await (isFolder ? readDumpFolder(dump) : readDumpArchive(dump));
  // Older backups and those of mongodump have it.
  const restored = collections.filter(({ name }) => name !== LEASE_COLLECTION);
  for (const { name, type, documents } of restored)
    if (isRestoring(name) || name.startsWith('$') || isInternal(name))
      findings.push({ where: name, problem: 'is a collection that only mongorestore can restore' });
    else if (type === 'view' && documents > 0) findings.push({ where: name, problem: 'is a view, and has documents' });
  if (manifest) compareContents(manifest, collections, findings);
  else if (isFolder && findings.length === 0)
    watch.report(`${path} has no manifest, so there are no hashes to compare.`);
  return { path, database, manifest, collections: restored, findings, readAll };
}

async function manifestOf(path: string, findings: Finding[]): Promise<Manifest | undefined> {
  try {
    return await readManifest(path);
  } catch (error) {
    findings.push({ where: MANIFEST, problem: explain(error) });
    return undefined;
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
