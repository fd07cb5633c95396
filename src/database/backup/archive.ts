import { BSON, type Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { DamagedBson, documentBatches } from './documents.ts';
import { isPacked, readFile } from './file.ts';

// See common/archive/spec.md of mongo-tools.
const MAGIC = Buffer.from([0x6d, 0xe2, 0x99, 0x81]);
const VERSION = '0.1';

/** A collection or view that an archive says it holds. */
export interface Listed {
  database: string;
  collection: string;
  /** As in a metadata file; empty if there are no options and indexes, as for an oplog. */
  metadata: string;
}

/** Some documents of a collection, or its end. */
export interface Chunk {
  database: string;
  collection: string;
  documents: Buffer[];
  /** Only at the end of the collection: the CRC-64 of all its documents. */
  crc?: bigint;
}

/**
 * Reads the list of collections at the beginning of an archive.
 * @throws {OperatorError} if the file is not an archive
 * @throws {Error} if the list is damaged, or the archive has another version
 */
export async function listArchive(path: string): Promise<Listed[]> {
  const listed: Listed[] = [];
  for await (const { header, documents, isEnd } of blocksOf(path)) {
    const { version } = header;
    if (version !== VERSION) throw new Error(`it has version ${String(version)}, but only ${VERSION} can be read`);
    listed.push(...documents.map(toListed));
    if (isEnd) return listed;
  }
  throw new DamagedBson('it ends before its first collection');
}

/**
 * Reads the documents of all collections, in the order of the archive: there the collections take turns.
 * @throws {Error} if the archive is damaged
 */
export async function* readArchive(path: string): AsyncGenerator<Chunk> {
  let isListed = false;
  for await (const block of blocksOf(path))
    if (isListed) yield* chunksIn(block);
    else isListed = block.isEnd;
}

function toListed(bytes: Buffer): Listed {
  const { db: database, collection, metadata = '' }: Document = BSON.deserialize(bytes);
  if (typeof database === 'string' && typeof collection === 'string' && typeof metadata === 'string')
    return { database, collection, metadata };
  throw new DamagedBson('the entry of a collection cannot be read');
}

interface Block {
  header: Document;
  /** Some of the block's documents; none at its end. */
  documents: Buffer[];
  isEnd: boolean;
}

/** Reads the blocks of an archive, plain or compressed. */
async function* blocksOf(path: string): AsyncGenerator<Block> {
  let header: Document | undefined;
  for await (const documents of documentBatches(withoutMagic(path), true)) {
    const isEnd = documents.length === 0;
    header ??= headerIn(documents.shift());
    yield { header, documents, isEnd };
    if (isEnd) header = undefined;
  }
  if (header) throw new DamagedBson('it ends in the middle of a block');
}

async function* withoutMagic(path: string): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of readFile(path, await isPacked(path)).chunks) {
    if (isFirst && !chunk.subarray(0, MAGIC.length).equals(MAGIC)) break;
    yield isFirst ? chunk.subarray(MAGIC.length) : chunk;
    isFirst = false;
  }
  if (isFirst)
    throw new OperatorError(
      `${path} is neither a folder nor an archive of mongodump. Name the folder of a backup, or an archive.`,
    );
}

function headerIn(bytes: Buffer | undefined): Document {
  if (bytes === undefined) throw new DamagedBson('a block has no header');
  return BSON.deserialize(bytes, { useBigInt64: true });
}

function* chunksIn({ header, documents, isEnd }: Block): Generator<Chunk> {
  const { db: database, collection, EOF: isLast, CRC: crc } = header;
  if (
    typeof database !== 'string' ||
    typeof collection !== 'string' ||
    typeof isLast !== 'boolean' ||
    typeof crc !== 'bigint' ||
    Object.keys(header).length > 4 ||
    (isLast && documents.length > 0)
  )
    throw new DamagedBson(`a block has a header of an unknown kind: ${BSON.EJSON.stringify(header)}`);
  if (!isLast) yield { database, collection, documents };
  else if (isEnd) yield { database, collection, documents, crc };
}
