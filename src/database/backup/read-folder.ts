import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BSON } from 'mongodb';
import { messageOf } from '../../operator-error.ts';
import { parseMetadata, type Description } from './collections.ts';
import { ContentsSum, type Contents } from './digest.ts';
import { documentBatches } from './documents.ts';
import { readFile, type FileHash } from './file.ts';
import { isLeftAlone, looksLikeData, parseFileName, PRELUDE, type NamedFile } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { interruption } from '../../interruption.ts';
import type { Watch } from './watch.ts';

/** Something wrong with a backup. */
export interface Defect {
  /** A file of the backup, relative to its folder, or a collection. */
  where: string;
  problem: string;
}

interface Reading {
  root: string;
  folder: string;
  manifest: Manifest | undefined;
  defects: Defect[];
  /** Receives what is neither data nor in the manifest. */
  leftAlone: string[];
  watch: Watch;
}

/** A file of a backup that could be read to its end. */
export interface ReadFile extends NamedFile {
  path: string;
  where: string;
  /** Only for a data file. */
  contents?: Contents;
  /** Only for a metadata file. */
  description?: Description;
}

/** Reads every file of a database's folder to its end. What is wrong is added to `defects`. */
export async function readFolder({ root, folder, manifest, defects, leftAlone, watch }: Reading): Promise<ReadFile[]> {
  const present = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const expected = new Map(manifest?.files.map(({ path, ...file }) => [path, file]));
  const read: ReadFile[] = [];
  const total = manifest?.collections.reduce((sum, { documents }) => sum + documents, 0);
  const progress = watch.progress('Verifying the files', total);
  for (const entry of present.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    if (PRELUDE.test(entry.name)) continue;
    const where = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const path = join(root, where);
    const wanted = expected.get(where);
    expected.delete(where);
    const named = parseFileName(entry.name);
    if (wanted === undefined && (manifest || named === undefined || isLeftAlone(named.stem))) {
      if (named && isLeftAlone(named.stem)) leftAlone.push(where);
      else await sortUnexpected({ where, path, isFolder: entry.isDirectory() }, defects, leftAlone);
      continue;
    }
    if (named === undefined || !entry.isFile()) {
      defects.push({ where, problem: 'is not a file' });
      continue;
    }
    const file = { ...named, path, where };
    try {
      read.push({ ...file, ...(await readOne(file, wanted, (items) => progress.advance(items))) });
    } catch (error) {
      if (interruption().aborted) progress.stop();
      interruption().throwIfAborted(); // an interruption is not a defect of the file
      defects.push({ where, problem: messageOf(error) });
    }
  }
  progress.stop();
  for (const where of expected.keys()) defects.push({ where, problem: 'is missing' });
  return read;
}

/** Sorts a file or folder that is not expected: data is a defect, because it would be lost; anything else is left alone. */
export async function sortUnexpected(
  { where, path, isFolder }: { where: string; path: string; isFolder: boolean },
  defects: Defect[],
  leftAlone: string[],
): Promise<void> {
  const names = isFolder ? await readdir(path, { recursive: true }) : [where];
  if (names.some(looksLikeData)) defects.push({ where, problem: 'is data that does not belong to this backup' });
  else leftAlone.push(where);
}

async function readOne(file: ReadFile, wanted: FileHash | undefined, advance: (items: number) => void) {
  const { chunks, fileHash } = readFile(file.path, file.gzip);
  if (file.kind === 'metadata') {
    const parts: Buffer[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    compareHash(fileHash(), wanted);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
    return { description: parseMetadata(text, file.stem) };
  }
  const sum = new ContentsSum();
  for await (const batch of documentBatches(chunks)) {
    for (const document of batch) {
      sum.add(document);
      if (wanted === undefined) checkStructure(document, sum.contents.documents);
    }
    advance(batch.length);
  }
  compareHash(fileHash(), wanted);
  return { contents: sum.contents };
}

function compareHash({ bytes, sha256 }: FileHash, wanted: FileHash | undefined): void {
  if (wanted === undefined) return;
  if (bytes !== wanted.bytes) throw new Error(`has ${bytes} bytes, and had ${wanted.bytes} when the backup was made`);
  if (sha256 !== wanted.sha256) throw new Error('has been changed since the backup was made: its SHA-256 differs');
}

/** @throws {Error} naming the document by its number, if it cannot be parsed */
function checkStructure(document: Uint8Array, number: number): void {
  try {
    BSON.deserialize(document, { validation: { utf8: false } });
  } catch (error) {
    throw new Error(`document ${number} is not valid BSON: ${messageOf(error)}`, { cause: error });
  }
}
