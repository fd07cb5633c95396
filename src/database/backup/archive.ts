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
  /** As in a metadata file; empty for what has no options and indexes, such as an oplog. */
  metadata: string;
}

/** Some documents of a collection, or its end. */
export interface Run {
  database: string;
  collection: string;
  documents: Buffer[];
  /** At its end alone: the CRC-64 of all its documents. */
  crc?: bigint;
}

/**
 * Reads what an archive says it holds.
 * @throws {OperatorError} for a file that is none
 * @throws {Error} if it is damaged at its beginning, or of a later version
 */
export async function listArchive(path: string): Promise<Listed[]> {
  const listed: Listed[] = [];
  for await (const { header, documents, isEnd } of blocksOf(path)) {
    const { version } = header;
    if (version !== VERSION) throw new Error(`it is of version ${String(version)}, and this reads ${VERSION}`);
    listed.push(...documents.map(toListed));
    if (isEnd) return listed;
  }
  throw new DamagedBson('it ends before its first collection');
}

/**
 * Reads the documents of all collections as they take turns.
 * @throws {Error} where it cannot be read
 */
export async function* readArchive(path: string): AsyncGenerator<Run> {
  let isListed = false;
  for await (const block of blocksOf(path))
    if (isListed) yield* runIn(block);
    else isListed = block.isEnd;
}

function toListed(bytes: Buffer): Listed {
  const { db: database, collection, metadata = '' }: Document = BSON.deserialize(bytes);
  if (typeof database === 'string' && typeof collection === 'string' && typeof metadata === 'string')
    return { database, collection, metadata };
  throw new DamagedBson('what it says of a collection cannot be read');
}

interface Block {
  header: Document;
  /** Some of the block's documents; none at its end. */
  documents: Buffer[];
  isEnd: boolean;
}

/** Reads it to its end, plain or compressed. */
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
      `${path} is no folder, and no archive of mongodump. Name the folder of a backup, or an archive.`,
    );
}

function headerIn(bytes: Buffer | undefined): Document {
  if (bytes === undefined) throw new DamagedBson('a block has no header');
  return BSON.deserialize(bytes, { useBigInt64: true });
}

function* runIn({ header, documents, isEnd }: Block): Generator<Run> {
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
