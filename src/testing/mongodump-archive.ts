import { gzipSync } from 'node:zlib';
import type { Document } from 'mongodb';
import { int32 } from './bson-bytes.ts';
import { bytesOf, metadataOf, type Dumped } from './mongodump.ts';

const MAGIC = Buffer.from('6de29981', 'hex');
const END = int32(-1);

/** CRC-64/XZ, bit by bit. */
export function crc64(bytes: Uint8Array): bigint {
  let crc = 2n ** 64n - 1n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  }
  return BigInt.asIntN(64, ~crc);
}

/** What stands at the beginning of an archive: everything that it holds. */
export function preludeOf(databases: Record<string, readonly Dumped[]>, version = '0.1'): Buffer {
  const header = { concurrent_collections: 4, version, server_version: '8.0.4', tool_version: '100.18.0' };
  const listed = Object.entries(databases).flatMap(([db, collections]) =>
    collections.map((collection) => {
      const { name, type = '' } = collection;
      const isBare = db === '' || name.startsWith('$');
      return { db, collection: name, metadata: isBare ? '' : metadataOf(collection), size: 0, type };
    }),
  );
  return Buffer.concat([MAGIC, bytesOf([header, ...listed]), END]);
}

/** Some documents of a collection; without any, its end. */
export function blockOf(
  db: string,
  collection: string,
  documents: readonly (Document | Uint8Array)[],
  crc?: bigint,
): Buffer {
  const header = { db, collection, EOF: crc !== undefined, CRC: crc ?? 0n };
  return Buffer.concat([bytesOf([header, ...documents]), END]);
}

/** What `mongodump --archive` writes, with `--gzip` or without: one document of each collection in turn. */
export function archiveOf(databases: Record<string, readonly Dumped[]>, gzip = false): Buffer {
  const all = Object.entries(databases).flatMap(([db, collections]) =>
    // MongoDB before 8.3 keeps the documents of a time series elsewhere.
    collections.map(({ name, type, documents = [] }) => ({
      db,
      name: type === 'timeseries' ? `system.buckets.${name}` : name,
      documents,
    })),
  );
  const blocks: Buffer[] = [preludeOf(databases)];
  const rounds = Math.max(...all.map(({ documents }) => documents.length));
  for (let round = 0; round <= rounds; round += 1)
    for (const { db, name, documents } of all) {
      if (round < documents.length) blocks.push(blockOf(db, name, documents.slice(round, round + 1)));
      else if (round === documents.length) blocks.push(blockOf(db, name, [], crc64(bytesOf(documents))));
    }
  const bytes = Buffer.concat(blocks);
  return gzip ? gzipSync(bytes) : bytes;
}
