import type { Server, ServerResponse } from 'node:http';
import { EVENT_STREAM } from './formats.ts';

/**
 * Has a server answer clients that close their side of the connection behind their request, such as `nc -N`. Without this Node
 * closes the connection instead, and what it was asked is done all the same.
 */
export const answerHalfClosed = <Any extends Server>(server: Any): Any =>
  Object.assign(server, { httpAllowHalfOpen: true });

/** Ends an answer that has no end by itself when its client closes its side: nearly all of them have left then. */
export function endWithClient(response: ServerResponse, mediaType: unknown): void {
  const { socket } = response;
  if (mediaType !== EVENT_STREAM || !socket) return;
  const end = () => void socket.end();
  if (socket.readableEnded) setImmediate(end); // behind what the answer begins with
  socket.once('end', end);
  response.once('close', () => socket.off('end', end));
}
