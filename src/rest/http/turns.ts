import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests of a connection wait. */
const waiting = new WeakMap<Socket, number>();

const waitingOn = (socket: Socket): number => waiting.get(socket) ?? 0;

/**
 * Serves a request that a client has sent without waiting for the answers before it, once these are sent. Until then no more is
 * read from the client. Node would begin all such requests at once: with one packet a client could hold up all others for seconds.
 */
export function waitForTurn({ socket }: IncomingMessage, response: ServerResponse, serve: () => void): void {
  const before = waitingOn(socket);
  waiting.set(socket, before + 1);
  // Node reads on behind each request that it has parsed, so this must come after the last one in the packet.
  if (before === 0) queueMicrotask(() => waitingOn(socket) > 0 && socket.pause());
  response.once('socket', () => {
    waiting.set(socket, waitingOn(socket) - 1);
    if (waitingOn(socket) === 0) socket.resume();
    // Other clients come first.
    setImmediate(serve);
  });
}
