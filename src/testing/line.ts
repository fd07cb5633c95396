import { once } from 'node:events';
import { connect as dial, createServer, type Socket } from 'node:net';
import { atEnd } from './cleanup.ts';

/** A TCP line to a database that can be disturbed. */
export interface Line {
  /** The database's address at this end. */
  uri: string;
  /** Ends all connections and refuses new ones. */
  cut: () => void;
  /** Accepts connections again, at the same address. */
  restore: () => Promise<unknown>;
  /** Whether all that is sent is lost, while connections stand. */
  swallow: (on: boolean) => void;
}

/** Opens a line to the database of a test. It is cut after the file's tests. */
export async function lineTo(databaseUri: string): Promise<Line> {
  const { port, hostname, pathname } = new URL(databaseUri);
  const sockets = new Set<Socket>();
  let silent = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = dial(Number(port), hostname);
    keep(near);
    keep(far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => void (silent || to.write(bytes)));
      from.on('close', () => to.destroy());
    }
  });
  const listen = (at: number) => once(server.listen(at, '127.0.0.1'), 'listening');
  await listen(0);
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the line has no address');
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  atEnd(cut);
  return {
    uri: `mongodb://127.0.0.1:${address.port}${pathname}?directConnection=true&retryWrites=false`,
    cut,
    restore: () => listen(address.port),
    swallow: (on) => {
      silent = on;
    },
  };
}
