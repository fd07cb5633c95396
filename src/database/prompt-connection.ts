import type { Socket } from 'node:net';
import { Connection } from 'mongodb/lib/cmap/connection.js';

/**
 * A connection of the driver whose commands fail when it closes. While a command is written, the driver (7.8.0, and 7.9.0) waits for the
 * socket's `drain` alone, and a closed socket has none: the command, its place in the pool, and whoever follows a change
 * stream wait for ever. After the `drain` the driver looks whether the connection is closed.
 */
export class PromptConnection extends Connection {
  constructor(socket: Socket, options: object) {
    super(socket, options);
    socket.once('close', () => socket.emit('drain'));
  }
}
