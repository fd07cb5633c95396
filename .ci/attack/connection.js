import { connect } from 'node:net';

/** No answer may take longer than this, in milliseconds. */
export const LATEST_MS = 5000;
/** A connection on which nothing moves for so long hangs. */
const HANGS_MS = 30_000;

/**
 * @typedef {{ status: number, headers: Record<string, string>, body: string }} Answer
 */

/**
 * A kept-alive connection that sends any bytes, as node:http does not. It knows no more of HTTP/1.1 than this server answers.
 */
export class Connection {
  #port;
  #socket;
  #bytes = Buffer.alloc(0);
  #waiting;

  constructor(port) {
    this.#port = port;
  }

  /**
   * Sends a message and reads its answer. A stream of events is left once it begins.
   * @param {Buffer} message
   * @returns {Promise<Answer>}
   * @throws {Error} if the connection ends before the answer does
   */
  ask(message) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket ??= this.#open();
      this.#socket.write(message);
    });
  }

  close() {
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#bytes = Buffer.alloc(0);
  }

  #open() {
    const socket = connect(this.#port, '127.0.0.1').setNoDelay().setTimeout(HANGS_MS);
    const end = (why) => {
      if (this.#socket !== socket) return;
      this.close();
      this.#waiting?.reject(new Error(why));
    };
    return socket
      .on('data', (piece) => this.#socket === socket && this.#take(piece))
      .on('timeout', () => end(`no answer within ${HANGS_MS} ms`))
      .on('error', ({ message }) => end(message))
      .on('close', () => end('the connection ended without an answer'));
  }

  #take(piece) {
    this.#bytes = this.#bytes.length > 0 ? Buffer.concat([this.#bytes, piece]) : piece;
    const read = readAnswer(this.#bytes);
    if (!read) return;
    const { answer, length } = read;
    this.#bytes = this.#bytes.subarray(length);
    if (answer.status === 100) {
      if (this.#bytes.length > 0) this.#take(Buffer.alloc(0));
      return;
    }
    if (answer.headers['connection'] === 'close' || isStream(answer)) this.close();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(answer);
  }
}

const isStream = ({ status, headers }) => status === 200 && headers['content-type']?.startsWith('text/event-stream');

/** @returns {{ answer: Answer, length: number } | undefined} an answer that is whole */
export function readAnswer(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line, ...lines] = bytes.latin1Slice(0, end).split('\r\n');
  const status = Number(line.slice(9, 12));
  const headers = Object.fromEntries(
    lines.map((one) => [one.slice(0, one.indexOf(':')).toLowerCase(), one.slice(one.indexOf(':') + 1).trim()]),
  );
  const answer = { status, headers, body: '' };
  const start = end + 4;
  if (isStream(answer) || status === 204 || status === 304 || status < 200) return { answer, length: start };
  if (headers['transfer-encoding'] === 'chunked') return readChunks(bytes, start, answer);
  const length = start + Number(headers['content-length'] ?? 0);
  return bytes.length < length ? undefined : { answer: { ...answer, body: bytes.utf8Slice(start, length) }, length };
}

function readChunks(bytes, start, answer) {
  const pieces = [];
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.latin1Slice(at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return { answer: { ...answer, body: String(Buffer.concat(pieces)) }, length: next };
    pieces.push(bytes.subarray(lineEnd + 2, next - 2));
    at = next;
  }
}

/** The bytes of a message. @param {import('./places.js').Message} message @param {Record<string, string>} [more] headers */
export function bytesOf({ method, target, headers, body }, more = {}) {
  const all = { Host: '127.0.0.1', ...more, ...headers };
  if (body !== undefined) all['Content-Length'] = String(Buffer.byteLength(body));
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`);
}
