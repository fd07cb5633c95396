import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stores bytes that are read later, once or several times. */
export interface Spool {
  write: (bytes: string | Buffer) => Promise<void>;
  read: () => AsyncGenerator<Buffer>;
  close: () => Promise<void>;
}

const MOST_IN_MEMORY = 65_536;

/**
 * Opens a spool that keeps at most 64 KiB in memory, and the rest in a temporary file.
 * The name of that file is removed at once, so the file disappears however the process ends.
 */
export function openSpool(): Spool {
  let file: FileHandle | undefined;
  let parts: Buffer[] = [];
  let size = 0;
  return {
    async write(bytes) {
      const part = Buffer.from(bytes);
      parts.push(part);
      size += part.length;
      if (size <= MOST_IN_MEMORY) return;
      file ??= await openNameless();
      const full = Buffer.concat(parts);
      parts = [];
      size = 0;
      await file.appendFile(full);
    },
    async *read() {
      for (let position = 0; file;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(MOST_IN_MEMORY), 0, MOST_IN_MEMORY, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
      yield* parts;
    },
    close: async () => file?.close(),
  };
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `spool-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}
