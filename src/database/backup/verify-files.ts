import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { hasCode } from '../../error-code.ts';
import { OperatorError } from '../../operator-error.ts';
import { isInternal, isWork, type Description } from './collections.ts';
import { sameContents, type Contents } from './digest.ts';
import { BUCKETS, MANIFEST, MANIFEST_HASH, parseFileName } from './layout.ts';
import { readManifest, type Manifest } from './manifest.ts';
import { readFolder, type Finding, type ReadFile } from './read-folder.ts';
import { onStderr, type Watch } from './watch.ts';

/** A collection of a backup on disk. */
export interface StoredCollection extends Description, Contents {
  /** Absolute path of its documents; a view has none. */
  data: string | undefined;
  gzip: boolean;
  /** Whether the documents are the buckets of a time series. */
  buckets: boolean;
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
 * @throws {OperatorError} if the folder is no backup at all
 */
export async function verifyFiles(directory: string, watch: Watch = onStderr): Promise<StoredBackup> {
  const root = resolve(directory);
  const names = await list(root);
  const findings: Finding[] = [];
  const manifest = await readManifest(root).catch((error: unknown) => {
    findings.push({ where: MANIFEST, problem: error instanceof Error ? error.message : String(error) });
    return undefined;
  });
  const isDump = manifest === undefined && findings.length === 0;
  if (isDump && names.includes('oplog.bson'))
    throw new OperatorError(`${root} was made with --oplog, which is not replayed here. Restore it with mongorestore.`);
  const inside = isDump && names.some((name) => parseFileName(name));
  const database = inside ? basename(root) : databaseOf(root, names, manifest);
  const folder = inside ? '' : database;
  const files = await readFolder({ root, folder, manifest, findings, watch });
  const known = new Set([MANIFEST, MANIFEST_HASH, database, ...(manifest ? [] : ['prelude.json', 'prelude.json.gz'])]);
  if (!inside)
    for (const name of names)
      if (!known.has(name)) findings.push({ where: name, problem: 'does not belong to this backup' });
  const collections = pair(files, findings);
  if (manifest) compareContents(manifest, collections, findings);
  else if (findings.length === 0) watch.report(`${root} has no manifest, so there are no hashes to compare.`);
  return { directory: root, database, manifest, collections, findings };
}

async function list(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).toSorted();
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR')) throw error;
    throw new OperatorError(`${directory} is no folder. Name the folder of a backup.`);
  }
}

function databaseOf(root: string, names: string[], manifest: Manifest | undefined): string {
  if (manifest) return manifest.database;
  const folders = names.filter((name) => !name.includes('.'));
  const [database] = folders;
  if (database === undefined) throw new OperatorError(`${root} holds no backup. Name the folder that holds one.`);
  if (folders.length > 1)
    throw new OperatorError(
      `${root} holds several databases (${folders.join(', ')}). Name the folder of one of them, as ${join(root, database)}.`,
    );
  return database;
}

/** Brings the two files of each collection together. */
function pair(files: readonly ReadFile[], findings: Finding[]): StoredCollection[] {
  const data = new Map(files.filter(({ kind }) => kind === 'data').map((file) => [file.stem, file]));
  const collections: StoredCollection[] = [];
  for (const { where, kind, stem } of files)
    if (files.some((other) => other.where !== where && other.kind === kind && other.stem === stem))
      findings.push({ where, problem: 'is there twice, compressed and not' });
  for (const { description, stem } of files) {
    if (description === undefined) continue;
    const buckets = description.type === 'timeseries' ? data.get(BUCKETS + stem) : undefined;
    const file = buckets ?? data.get(stem);
    data.delete(file?.stem ?? '');
    if (description.type !== 'view' && file === undefined) {
      if (!findings.some(({ where }) => where.includes(stem)))
        findings.push({ where: stem, problem: 'has metadata, but no documents' });
      continue;
    }
    const nothing: Contents = { documents: 0, bytes: 0, digest: '0'.repeat(64) };
    const { path, gzip = false, contents = nothing } = file ?? {};
    collections.push({ ...description, ...contents, data: path, gzip, buckets: buckets !== undefined });
  }
  for (const { where, collection = '' } of data.values())
    if (!findings.some((finding) => finding.where.includes(collection)))
      findings.push({ where, problem: 'has no metadata beside it' });
  for (const { name } of collections)
    if (isWork(name) || name.startsWith('$') || isInternal(name))
      findings.push({ where: name, problem: 'is a collection that only mongorestore can restore' });
  return collections.toSorted((left, right) => (left.name < right.name ? -1 : 1));
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
