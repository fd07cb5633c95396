import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** How long and how much a client may still send after its last answer, before its connection is cut. */
export interface Lingering {
  /** The time from the answer on, in milliseconds. */
  wholeMs: number;
  /** The time without a byte, in milliseconds. */
  idleMs: number;
  bytes: number;
}

export const LINGERING: Lingering = { wholeMs: 30_000, idleMs: 5000, bytes: 64 * 2 ** 20 };

const closing = new WeakSet<Socket>();

/** Whether a connection is being closed. Then nothing that arrives on it is a request. */
export const isClosing = (socket: Socket): boolean => closing.has(socket);

/**
 * Closes a connection on which the client may still be sending, in stages (RFC 9112, section 9.6): first the server's side,
 * after the answer; then, when the client has closed its side or has reached a limit, the whole connection. Until then
 * everything that arrives is read and thrown away. If the connection were closed at once, the client's system would discard
 * an answer that the client has not read yet.
 *
 * @param rest the request that is not read to its end; the socket itself if there is none
 * @param lastWords the bytes of a last answer
 */
export function lingeringClose(socket: Socket, rest: Readable, limits: Lingering, lastWords = ''): void {
  if (closing.has(socket)) return;
  closing.add(socket);
  const cut = () => void socket.destroy();
  const timer = setTimeout(cut, limits.wholeMs).unref();
  socket.once('close', () => clearTimeout(timer)).setTimeout(limits.idleMs, cut);
  if (rest === socket)
    rest.removeAllListeners('data'); // those of the parser, which has failed
  else rest.once('end', cut);
  let left = limits.bytes;
  rest
    .on('data', ({ length }: Buffer) => {
      left -= length;
      if (left < 0) cut();
    })
    .resume();
  socket.end(lastWords);
}
