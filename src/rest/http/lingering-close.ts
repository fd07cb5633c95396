import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** How much a client may still send when it has been answered, before its connection is cut. */
export interface Lingering {
  /** From the answer on, in milliseconds. */
  wholeMs: number;
  /** Without a byte. */
  idleMs: number;
  bytes: number;
}

export const LINGERING: Lingering = { wholeMs: 30_000, idleMs: 5000, bytes: 64 * 2 ** 20 };

const closing = new WeakSet<Socket>();

/** Whether a connection is being closed: nothing that comes on it is a request any more. */
export const isClosing = (socket: Socket): boolean => closing.has(socket);

/**
 * Closes a connection on which the client may still be sending, in stages (RFC 9112, section 9.6): first the server's side,
 * behind the answer; then, when the client has closed its own or has reached a limit, all of it. Until then what comes is
 * read and thrown away. Closed at once, the client's system would throw away an answer that the client has not read yet.
 *
 * @param rest what is left of the last request; the connection itself, where that is none
 */
export function lingeringClose(socket: Socket, rest: Readable, limits: Lingering, lastWords = ''): void {
  if (closing.has(socket)) return;
  closing.add(socket);
  const cut = () => void socket.destroy();
  const timer = setTimeout(cut, limits.wholeMs).unref();
  socket.once('close', () => clearTimeout(timer)).setTimeout(limits.idleMs, cut);
  if (rest === socket)
    rest.removeAllListeners('data'); // of the parser, which has given up
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
