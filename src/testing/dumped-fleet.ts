import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Int32, Long, ObjectId } from 'mongodb';
import { verifyFiles } from '../database/backup/verify-files.ts';
import { silent } from '../database/backup/watch.ts';
import { writeDump, type Dumped } from './mongodump.ts';
import { temporaryFolder } from './processes.ts';

/** Two engines, with an index and a validator. */
export const ENGINES: Dumped = {
  name: 'engines',
  documents: [
    { _id: new ObjectId('6565a0c0c0c0c0c0c0c0c0c0'), title: 'RS-25', thrust: new Int32(2279) },
    { _id: new ObjectId('6565a0c0c0c0c0c0c0c0c0c1'), title: 'Merlin', thrust: Long.fromNumber(845) },
  ],
  options: { validator: { thrust: { $gt: 0 } }, validationLevel: 'moderate' },
  indexes: [
    { v: 2, key: { _id: 1 }, name: '_id_' },
    { v: 2, key: { title: 1, thrust: -1 }, name: 'by title', unique: true },
  ],
};
export const STRONG: Dumped = {
  name: 'strong',
  type: 'view',
  options: { viewOn: 'engines', pipeline: [{ $limit: 1 }] },
};

/** A dump of the database `fleet`. */
export function dump(collections: readonly Dumped[] = [ENGINES, STRONG], gzip = false): string {
  const folder = temporaryFolder();
  writeDump(folder, 'fleet', collections, gzip);
  return folder;
}

/** Writes what `mongodump --archive` would. @returns its path */
export function archiveFile(bytes: Buffer): string {
  const path = join(temporaryFolder(), 'fleet.archive');
  writeFileSync(path, bytes);
  return path;
}

/** What verifying finds and tells. */
export async function verifying(path: string, from?: string) {
  const lines: string[] = [];
  const { database, collections, defects } = await verifyFiles(
    path,
    { ...silent, report: (line) => lines.push(line) },
    from,
  );
  const reported = lines.filter((line) => !line.includes('has no manifest'));
  return { database, names: collections.map(({ name }) => name), defects, reported };
}

/** What a whole dump of them gives. */
export const SOUND = { database: 'fleet', names: ['engines', 'strong'], defects: [], reported: [] };
