import { BSON, type Document } from 'mongodb';
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

/** What an archive says it holds, and that. */
export interface Archive {
  listed: Listed[];
  /** Throws an {Error} where it cannot be read. */
  runs: AsyncGenerator<Run>;
}

/**
 * Opens an archive of mongodump, plain or compressed; documents of several collections may take turns in it.
 * @returns `undefined` for a file that is none
 * @throws {Error} if it is damaged at its beginning, or of a later version
 */
export async function openArchive(path: string): Promise<Archive | undefined> {
  const { chunks } = readFile(path, await isPacked(path));
  const stream = chunks[Symbol.asyncIterator]();
  const start = await stream.next();
  if (start.done === true || !start.value.subarray(0, 4).equals(MAGIC)) {
    await stream.return?.();
    return undefined;
  }
  const blocks = blocksIn(after(start.value.subarray(4), stream));
  const listed: Listed[] = [];
  for (;;) {
    const { done, value } = await blocks.next();
    if (done === true) throw new DamagedBson('it ends before its first collection');
    const { version } = value.header;
    if (version !== VERSION) throw new Error(`is an archive of version ${String(version)}, and this reads ${VERSION}`);
    listed.push(...value.documents.map(toListed));
    if (value.isEnd) return { listed, runs: runsIn(blocks) };
  }
}

async function* after(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
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

async function* blocksIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<Block> {
  let header: Document | undefined;
  for await (const documents of documentBatches(chunks, true)) {
    const isEnd = documents.length === 0;
    header ??= headerIn(documents.shift());
    yield { header, documents, isEnd };
    if (isEnd) header = undefined;
  }
  if (header) throw new DamagedBson('it ends in the middle of a block');
}

function headerIn(bytes: Buffer | undefined): Document {
  if (bytes === undefined) throw new DamagedBson('a block has no header');
  return BSON.deserialize(bytes, { useBigInt64: true });
}

async function* runsIn(blocks: AsyncIterable<Block>): AsyncGenerator<Run> {
  for await (const { header, documents, isEnd } of blocks) {
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
}
