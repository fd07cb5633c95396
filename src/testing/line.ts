import { once } from 'node:events';
import { connect as dial, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from './cleanup.ts';

/** A TCP line to a database that can be disturbed. It knows bytes, not commands; `tap.ts` knows these. */
export interface Line {
  /** The database's address at this end. */
  uri: string;
  /** Ends all connections and refuses new ones. */
  cut: () => void;
  /** Accepts connections again, at the same address. */
  restore: () => Promise<unknown>;
  /** Resets all connections; new ones are accepted. */
  drop: () => void;
  /** Whether each connection is reset in the midst of the next bytes that the database sends on it. */
  breakAnswers: (on: boolean) => void;
  /** Ends the database's side of all connections, as a program does that still reads; new ones are accepted. */
  halfClose: () => void;
  /** Whether nothing is taken from the database's client any more, while connections stand. */
  stall: (on: boolean) => void;
  /** Whether all that is sent is lost, while connections stand. */
  swallow: (on: boolean) => void;
  /** Has all that is sent from now on arrive later, and no faster than so. */
  slowDown: (delayMs: number, bytesPerSecond?: number) => void;
}

/** How a line treats what is sent. */
interface Treatment {
  delayMs: number;
  bytesPerSecond: number;
  isSilent: boolean;
  isBreaking: boolean;
}

/** Opens a line to the database of a test. It is cut after the file's tests. */
export async function lineTo(databaseUri: string): Promise<Line> {
  const { port, hostname, pathname } = new URL(databaseUri);
  const sockets = new Set<Socket>();
  const nearSockets = new Set<Socket>();
  const treatment: Treatment = { delayMs: 0, bytesPerSecond: Infinity, isSilent: false, isBreaking: false };
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = dial(Number(port), hostname);
    keep(near);
    keep(far);
    nearSockets.add(near.on('close', () => nearSockets.delete(near)));
    pass(near, far, treatment);
    pass(far, near, treatment, (bytes) => {
      near.write(bytes.subarray(0, bytes.length / 2), () => near.resetAndDestroy());
    });
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
    drop: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    breakAnswers: (on) => {
      treatment.isBreaking = on;
    },
    halfClose: () => {
      for (const socket of nearSockets) socket.end();
    },
    stall: (on) => {
      for (const socket of nearSockets)
        if (on) socket.pause();
        else socket.resume();
    },
    swallow: (on) => {
      treatment.isSilent = on;
    },
    slowDown: (delayMs, bytesPerSecond = Infinity) => {
      Object.assign(treatment, { delayMs, bytesPerSecond });
    },
  };
}

/** Passes on what comes on one side of a line. @param breakOff passes on half of the bytes, and ends the connection */
function pass(from: Socket, to: Socket, treatment: Treatment, breakOff?: (bytes: Buffer) => void): void {
  let passed = Promise.resolve();
  let freeAt = 0;
  from.on('close', () => void passed.then(() => to.destroy()));
  from.on('data', (bytes) => {
    const { delayMs, bytesPerSecond, isSilent, isBreaking } = treatment;
    if (isSilent) return;
    if (isBreaking && breakOff) return breakOff(bytes);
    freeAt = Math.max(freeAt, performance.now()) + (1000 * bytes.length) / bytesPerSecond;
    const arrivesAt = freeAt + delayMs;
    const arrive = async () => {
      if (arrivesAt > performance.now()) await sleep(arrivesAt - performance.now());
      if (to.writable) to.write(bytes);
    };
    passed = passed.then(arrive);
  });
}
