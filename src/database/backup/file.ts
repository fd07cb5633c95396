import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

/** A file as the manifest lists it. */
export interface FileHash {
  /** Bytes on disk. */
  bytes: number;
  /** SHA-256 of the bytes on disk, in hex. */
  sha256: string;
}

const CHUNK = 256 * 1024;

/**
 * Writes a new file that only its owner may read, and waits until it is on disk.
 * @throws {Error} with Node's code, as `ENOSPC`
 */
export async function writeFile(path: string, chunks: AsyncIterable<Uint8Array>, gzip: boolean): Promise<FileHash> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    const store = async (stored: AsyncIterable<Uint8Array>) => {
      for await (const chunk of stored) {
        hash.update(chunk);
        bytes += chunk.length;
        await writeWhole(file, chunk);
      }
    };
    if (gzip) await pipeline(chunks, createGzip(), store);
    else await store(chunks);
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Writes all of a chunk: one write may store only a part, see write(2). */
async function writeWhole(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length;) done += (await file.write(chunk, done)).bytesWritten;
}

/** Waits until the names in a folder are on disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Reads a file and unpacks it. `fileHash` is about the bytes on disk; it is valid after everything has been read. */
export function readFile(path: string, gzip: boolean): { chunks: AsyncIterable<Buffer>; fileHash: () => FileHash } {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* stored(): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) {
      const buffer: Buffer = chunk;
      hash.update(buffer);
      bytes += buffer.length;
      yield buffer;
    }
  }
  return {
    chunks: gzip ? unpacked(stored()) : stored(),
    fileHash: () => ({ bytes, sha256: hash.copy().digest('hex') }),
  };
}

async function* unpacked(stored: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  const feeding = pipeline(stored, gunzip);
  feeding.catch(() => {}); // gunzip throws the same error
  for await (const chunk of gunzip) {
    const buffer: Buffer = chunk;
    yield buffer;
  }
  await feeding;
}

/** Whether a file is packed, by its first bytes (RFC 1952). */
export async function isPacked(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.equals(Buffer.from([0x1f, 0x8b]));
  } finally {
    await file.close();
  }
}
