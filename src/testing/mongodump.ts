import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BSON, type Db, type Document } from 'mongodb';
import { describeCollections } from '../database/backup/collections.ts';

/** A collection as mongodump 100.x writes it. */
export interface Dumped {
  name: string;
  /** The documents, or their bytes. */
  documents?: (Document | Uint8Array)[];
  options?: Document;
  indexes?: Document[];
  type?: 'collection' | 'view' | 'timeseries';
}

const ID_INDEX = { v: 2, key: { _id: 1 }, name: '_id_' };

/** The text of its metadata: canonical extended JSON; options are left out where there are none. */
export function metadataOf({ name, options, indexes = [ID_INDEX], type = 'collection' }: Dumped): string {
  const uuid = createHash('md5').update(name).digest('hex');
  const rest = type === 'view' ? { indexes: [] } : { indexes, uuid };
  return BSON.EJSON.stringify({ ...(options && { options }), ...rest, collectionName: name, type }, { relaxed: false });
}

/** Go's url.QueryEscape, byte by byte. */
export function queryEscape(text: string): string {
  return Array.from(Buffer.from(text), (byte) => {
    const character = String.fromCharCode(byte);
    if (/[\w.~-]/.test(character)) return character;
    return character === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** The name of its files, as mongodump cuts it (outputPath in mongodump/prepare.go). */
export function stemOf(name: string): string {
  const escaped = queryEscape(name);
  if (escaped.length <= 238) return escaped;
  return `${escaped.slice(0, 208)}%24${createHash('sha1').update(name).digest('base64url')}`;
}

/** Writes the folder of `mongodump --db DATABASE --out FOLDER`, with `--gzip` or without. */
export function writeDump(folder: string, database: string, collections: readonly Dumped[], gzip = false): void {
  const write = (name: string, content: string | Buffer) =>
    writeFileSync(join(folder, database, gzip ? `${name}.gz` : name), gzip ? gzipSync(content) : content);
  mkdirSync(join(folder, database), { recursive: true });
  for (const collection of collections) {
    const { name, documents = [], type } = collection;
    write(`${stemOf(name)}.metadata.json`, metadataOf(collection));
    if (type !== 'view') write(`${stemOf(name)}.bson`, bytesOf(documents));
  }
  write('prelude.json', '{"ServerVersion":"9.0.1","ToolVersion":"100.18.0"}');
}

/** Documents one after the other, as in a .bson file. */
export const bytesOf = (documents: readonly (Document | Uint8Array)[]): Buffer =>
  Buffer.concat(documents.map((document) => (document instanceof Uint8Array ? document : BSON.serialize(document))));

/** What mongodump would write of a database. */
export async function dumpedOf(db: Db): Promise<Dumped[]> {
  const dumped: Dumped[] = [];
  for (const { name, type, options, indexes } of await describeCollections(db)) {
    const documents = type === 'view' ? [] : await db.collection(name).find({}, { raw: true }).toArray();
    if (type !== 'other') dumped.push({ name, type, options, indexes, documents });
  }
  return dumped;
}
