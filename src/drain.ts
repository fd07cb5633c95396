import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long connections whose answer is broken off may take to end. */
const RESET_MS = 250;

/** The end of a server in order. */
export interface Departure {
  /** Has each answer from now on say that it is the last one on its connection, so that clients look for another server. */
  announce: () => void;
  /**
   * Stops listening, and waits until the answers to all requests are sent. What is not sent in time is broken off, so that it
   * does not look complete.
   */
  drain: (withinMs: number) => Promise<void>;
}

/** Has an answer that has not begun say that it is the last one on its connection. */
function endWith(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}

/** Prepares a server for its end: this must come before its first connection. */
export function departureOf(server: Server): Departure {
  /** Connections on which no request has come. To Node they look as busy as those whose request is arriving. */
  const unused = new Set<Socket>();
  const unfinished = new Set<ServerResponse>();
  let isAnnounced = false;
  let isDraining = false;
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.prependListener('request', ({ socket }, response) => {
    unused.delete(socket);
    unfinished.add(response);
    if (isAnnounced) endWith(response);
    response.once('close', () => {
      unfinished.delete(response);
      // This was a stream that had begun before, if its connection is still open.
      if (isDraining && !socket.destroyed) setImmediate(() => server.closeIdleConnections());
    });
  });
  const announce = () => {
    isAnnounced = true;
    for (const response of unfinished) endWith(response);
  };
  return {
    announce,
    async drain(withinMs) {
      announce();
      isDraining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of unused) socket.destroy();
      const timer = new AbortController();
      const wait = (ms: number) => sleep(ms, undefined, timer).catch(() => {});
      await Promise.race([closed, wait(withinMs)]);
      for (const response of unfinished) response.destroy();
      await Promise.race([closed, wait(RESET_MS)]);
      timer.abort();
      server.closeAllConnections();
    },
  };
}
