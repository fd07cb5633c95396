/** What the driver's package has, but not its types. */
declare module 'mongodb/lib/cmap/connection.js' {
  import type { Socket } from 'node:net';

  export class Connection {
    readonly closed: boolean;

    constructor(socket: Socket, options: object);
  }
}
