import type { Resource } from '../resources.ts';
import { ask } from './ask.ts';
import { toApi } from './query.ts';

/** What a list is saved as. */
export type Format = 'csv' | 'ndjson';

/** How much has arrived. */
export interface Progress {
  rows: number;
  bytes: number;
}

/** How a format is asked for, so that it can be seen whether all of it has arrived. */
const REQUESTS = {
  csv: { accept: 'text/csv', prefer: 'count=exact' },
  ndjson: { accept: 'application/x-ndjson', prefer: 'end-line' },
};

/** The browser may keep what has arrived outside of its memory, once it is in a blob. */
const BLOB_BYTES = 8_000_000;
const PROGRESS_MS = 200;

/** What was saved. */
export interface Saved {
  rows: number;
  /** How many rows the server has counted beforehand, where they are not as many: somebody has changed something, or rows are missing. */
  counted?: number;
}

/**
 * Saves the whole list as a file, once all of it has arrived.
 * @throws {Refusal} if the API refuses that; {Error} if it broke off
 */
export async function download(
  resource: Resource,
  parameters: URLSearchParams,
  format: Format,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Saved> {
  const asked = toApi(parameters, resource);
  for (const name of ['limit', 'after', 'before']) asked.delete(name);
  const response = await ask(resource, asked, REQUESTS[format], signal);
  const received = await receive(response, format, onProgress, signal);
  const { content, rows } = format === 'csv' ? withoutHead(received) : await withoutEndLine(received);
  offer(content, `${resource.name}.${format}`);
  const counted = Number(response.headers.get('x-total-count') ?? rows);
  return { rows, ...(counted !== rows && { counted }) };
}

interface Received {
  content: Blob;
  lines: number;
}

async function receive(
  { body }: Response,
  format: Format,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Received> {
  const lines = new LineCount(format);
  let content = new Blob();
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  let told = 0;
  const reader = body?.getReader();
  for (let piece = await next(reader, signal); piece; piece = await next(reader, signal)) {
    pieces.push(piece);
    bytes += piece.length;
    lines.add(piece);
    if (bytes - content.size > BLOB_BYTES) content = new Blob([content, ...pieces.splice(0)]);
    if (Date.now() - told < PROGRESS_MS) continue;
    told = Date.now();
    onProgress({ rows: lines.count, bytes });
  }
  return { content: new Blob([content, ...pieces]), lines: lines.count };
}

async function next(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined, signal: AbortSignal) {
  try {
    return (await reader?.read())?.value;
  } catch (error) {
    throw signal.aborted ? error : brokenOff();
  }
}

const brokenOff = () => new Error('The export broke off before its end. Try again.');

/** The first line of CSV names the fields. */
const withoutHead = ({ content, lines }: Received) => ({ content, rows: lines - 1 });

/** The last line of NDJSON says that everything has come. It is no row, so the file goes without it. */
async function withoutEndLine({ content, lines }: Received) {
  const end = await content.slice(-100).text();
  const [line] = /\{"complete":true,"count":\d+\}\n$/.exec(end) ?? [];
  const rows = lines - 1;
  if (line !== `{"complete":true,"count":${rows}}\n`) throw brokenOff();
  return { content: content.slice(0, content.size - line.length), rows };
}

/** Has the browser save a file. */
function offer(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = Object.assign(document.createElement('a'), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser reads it after this
}

const QUOTE = 34;
const LINE_FEED = 10;

/** Counts the lines of a file that comes in pieces. In CSV, a line feed between quotes belongs to a text. */
class LineCount {
  count = 0;
  readonly #format: Format;
  #isQuoted = false;

  constructor(format: Format) {
    this.#format = format;
  }

  add(bytes: Uint8Array): void {
    for (const byte of bytes)
      if (byte === QUOTE && this.#format === 'csv') this.#isQuoted = !this.#isQuoted;
      else if (byte === LINE_FEED && !this.#isQuoted) this.count += 1;
  }
}
