import { once } from 'node:events';
import { connect as dial, createServer, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';
import { atEnd } from './cleanup.ts';

/** See "OP_MSG" in MongoDB's manual: a header of 16 bytes, 4 of flags, and a byte before the command. */
const OP_MSG = 2013;
const COMMAND_AT = 21;

/** A tapped line to a database. */
export interface Tap {
  /** The database's address at this end. */
  uri: string;
  /** All commands so far, the server's own checks of its health among them. */
  commands: Document[];
}

type Answer = Document | undefined;

/**
 * Opens a line to the database of a test that notes each command. If `answer` returns something, that is the answer and the
 * database does not get the command. What it promises is waited for, while other connections go on. The line is cut after the file's
 * tests.
 */
export async function tapTo(
  databaseUri: string,
  answer: (command: Document) => Answer | Promise<Answer> = () => undefined,
): Promise<Tap> {
  const { port, hostname, pathname } = new URL(databaseUri);
  const commands: Document[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = dial(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket) && other.destroy());
    }
    far.on('data', (bytes) => near.write(bytes));
    let unread = Buffer.alloc(0);
    let passed = Promise.resolve();
    near.on('data', (bytes) => {
      unread = Buffer.concat([unread, bytes]);
      for (let size = sizeIn(unread); size <= unread.length; size = sizeIn(unread)) {
        const message = unread.subarray(0, size);
        unread = unread.subarray(size);
        const pass = async () => {
          const given = await tapped(message);
          if (given) near.write(given);
          else far.write(message);
        };
        passed = passed.then(pass);
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the line has no address');
  return {
    uri: `mongodb://127.0.0.1:${address.port}${pathname}?directConnection=true&retryWrites=false`,
    commands,
  };

  async function tapped(message: Buffer): Promise<Buffer | undefined> {
    if (message.readInt32LE(12) !== OP_MSG) return undefined;
    const end = COMMAND_AT + message.readInt32LE(COMMAND_AT);
    const command = BSON.deserialize(message.subarray(COMMAND_AT, end));
    commands.push(command);
    const given = await answer(command);
    return given && reply(message.readInt32LE(4), given);
  }
}

const sizeIn = (bytes: Buffer) => (bytes.length < 4 ? Infinity : bytes.readInt32LE(0));

function reply(to: number, document: Document): Buffer {
  const body = BSON.serialize(document);
  const head = Buffer.alloc(COMMAND_AT);
  head.writeInt32LE(COMMAND_AT + body.length, 0);
  head.writeInt32LE(to, 8);
  head.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([head, body]);
}
