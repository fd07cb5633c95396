import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { atEnd } from './cleanup.ts';

/** A connection whose bytes and end are seen as they are. */
export interface RawClient {
  socket: Socket;
  /** All text that arrived so far. */
  text: () => string;
  /** How it ended, once it has: closed politely (FIN), or reset (RST). */
  ended: Promise<'closed' | 'reset'>;
}

/** Connects to the host and port of a URL, until the file's tests end. */
export function dial(url: string): RawClient {
  // The client's side stays open, because only a write shows whether the connection was reset or closed.
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  atEnd(() => socket.destroy());
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const ended = new Promise<'closed' | 'reset'>((resolve) => {
    socket.on('error', () => resolve('reset'));
    // For libuv a reset together with the last bytes is an end, too, but then a write fails.
    socket.on('end', () => socket.write('\n', (error) => resolve(error ? 'reset' : 'closed')));
  });
  return { socket, text: () => text, ended: ended.finally(() => socket.destroy()) };
}

/** Writes a whole request to a port of this machine before it reads anything, then reads to the end. */
export async function writeThenRead(port: number, head: string, body: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(head.replaceAll('\n', '\r\n'));
  // Waits until the system has taken all of it.
  await new Promise((resolve, reject) => {
    socket.once('error', reject).write(body, resolve);
  });
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
  return answer;
}
