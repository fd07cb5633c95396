import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BSON } from 'mongodb';
import { parseMetadata, type Description } from './collections.ts';
import { ContentsSum, type Contents } from './digest.ts';
import { documentBatches } from './documents.ts';
import { readFile, type FileHash } from './file.ts';
import { parseFileName, type NamedFile } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { interruption } from '../../interruption.ts';
import type { Watch } from './watch.ts';

/** Something wrong with a backup. */
export interface Finding {
  /** A file of the backup, relative to its folder, or a collection. */
  where: string;
  problem: string;
}

interface Reading {
  root: string;
  folder: string;
  manifest: Manifest | undefined;
  findings: Finding[];
  watch: Watch;
}

/** A file of a backup that could be read whole. */
export interface ReadFile extends NamedFile {
  path: string;
  where: string;
  /** Of a data file. */
  contents?: Contents;
  /** Of a metadata file. */
  description?: Description;
}

/** Reads every file of a database's folder to its end; what is wrong is added to the findings. */
export async function readFolder({ root, folder, manifest, findings, watch }: Reading): Promise<ReadFile[]> {
  const present = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const expected = new Map(manifest?.files.map(({ path, ...file }) => [path, file]));
  const read: ReadFile[] = [];
  const total = manifest?.collections.reduce((sum, { documents }) => sum + documents, 0);
  const progress = watch.progress('Verifying the files', total);
  for (const entry of present.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    const where = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const named = entry.isFile() ? parseFileName(entry.name) : undefined;
    const wanted = expected.get(where);
    expected.delete(where);
    if (folder === '' && /^prelude\.json(\.gz)?$/.test(entry.name)) continue;
    if (named === undefined || (manifest !== undefined && wanted === undefined)) {
      findings.push({ where, problem: wanted ? 'is no file' : 'does not belong to this backup' });
      continue;
    }
    const file = { ...named, path: join(root, folder, entry.name), where };
    try {
      read.push({ ...file, ...(await readOne(file, wanted, (items) => progress.advance(items))) });
    } catch (error) {
      if (interruption().aborted) progress.stop();
      interruption().throwIfAborted(); // which is no fault of the file
      findings.push({ where, problem: explain(error) });
    }
  }
  progress.stop();
  for (const where of expected.keys()) findings.push({ where, problem: 'is missing' });
  return read;
}

async function readOne(file: ReadFile, wanted: FileHash | undefined, advance: (items: number) => void) {
  const { chunks, fileHash } = readFile(file.path, file.gzip);
  if (file.kind === 'metadata') {
    let text = '';
    for await (const chunk of chunks) text += chunk.toString('latin1');
    compareHash(fileHash(), wanted);
    return { description: parseMetadata(Buffer.from(text, 'latin1').toString(), file.collection) };
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

function checkStructure(document: Uint8Array, number: number): void {
  try {
    BSON.deserialize(document, { validation: { utf8: false } });
  } catch (error) {
    throw new Error(`document ${number} is no BSON: ${explain(error)}`, { cause: error });
  }
}

const explain = (error: unknown) => (error instanceof Error ? error.message : String(error));
