import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createApp } from '../../app.ts';
import { loadSettings } from '../../config.ts';
import { serveApp } from '../../testing/app-server.ts';
import { testDatabase } from '../../testing/database.ts';
import { FIXTURES } from '../../testing/fixtures.ts';

const LIMIT_MS = 300;
const log: string[] = [];
const logger = pino({ level: 'error' }, { write: (text: string) => void log.push(text) });
const { connection, db } = await testDatabase();
// Without a question to the database who may do this, a request is worked on as soon as it is there.
const settings = { ...loadSettings({}), auth: 'none' } as const;
const app = createApp({ connection, resources: FIXTURES, logger, migrations: [], settings });
const { server, port } = await serveApp(app, { patience: { wholeMs: LIMIT_MS, idleMs: LIMIT_MS } });
const probes = db.collection('probes');

beforeEach(async () => {
  await probes.deleteMany({});
});

const head = (type: string) =>
  `POST /probes HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`;
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const ROW = chunk('{"title":"A"}\n');
const END = '0\r\n\r\n';

/** A connection, and all that the server says on it until it closes it. */
function open(): { socket: Socket; said: Promise<string> } {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('utf8');
  let text = '';
  socket.on('data', (piece) => (text += piece));
  const timer = setTimeout(() => {
    text = 'it was not closed';
    socket.destroy();
  }, 10_000);
  const said = new Promise<string>((resolve) => {
    // It may be reset, for the server does not read what is still sent then.
    socket
      .on('error', () => {})
      .on('end', () => socket.destroy())
      .on('close', () => {
        clearTimeout(timer);
        resolve(text);
      });
  });
  return { socket, said };
}

async function keepSending(socket: Socket, text: string): Promise<void> {
  while (socket.writable && !socket.readableEnded) {
    socket.write(text);
    await sleep(LIMIT_MS / 10);
  }
}

/** The last line of a report. */
const totals = (answer: string) => JSON.parse(/^\{"read".*$/m.exec(answer)?.[0] ?? '');

describe('a body that is one value', () => {
  test.each([
    ['stops coming', async () => {}],
    ['comes too slowly', (socket: Socket) => keepSending(socket, chunk(' '))],
  ])('is a 408 if it %s', async (_what, go) => {
    const { socket, said } = open();
    socket.write(head('application/json'));
    void go(socket);
    expect(await said).toMatch(/^HTTP\/1.1 408 .*application\/problem\+json/s);
  });

  test('that is not read, because the request was answered already, does not hold the connection', async () => {
    const { socket, said } = open();
    socket.write(head('text/plain'));
    void keepSending(socket, chunk(' '));
    expect(await said).toMatch(/^HTTP\/1.1 415 /);
  });
});

describe('a body of many', () => {
  test('may take longer, as long as something comes', async () => {
    const { socket, said } = open();
    socket.write(head('application/x-ndjson').replace('Host', 'Connection: close\r\nHost'));
    for (let part = 0; part < 8; part += 1) {
      socket.write(ROW);
      await sleep(LIMIT_MS / 4);
    }
    socket.write(END);
    expect(await said).toMatch(/^HTTP\/1.1 200 /);
    expect(await probes.countDocuments()).toBe(8);
  });

  test.each([
    ['stops coming', 408, () => {}],
    ['ends where it may not', 400, (socket: Socket) => socket.end()],
    ['is no HTTP any more', 400, (socket: Socket) => socket.write('none')],
  ])('is reported, as far as it came, if it %s', async (_what, status, go) => {
    const { socket, said } = open();
    const requested = once(server, 'request');
    socket.write(head('application/x-ndjson') + ROW.repeat(3));
    await requested;
    go(socket);
    const answer = await said;
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*application/x-ndjson`, 's'));
    expect(totals(answer)).toMatchObject({ read: 3, inserted: 3, complete: false });
    expect(await probes.countDocuments()).toBe(3);
  });

  test('whose client has gone keeps what was stored, and is no failure of the server', async () => {
    const { socket } = open();
    const closed = new Promise((resolve) => server.once('connection', (peer) => peer.once('close', resolve)));
    socket.write(head('application/x-ndjson') + ROW.repeat(450));
    while ((await probes.countDocuments()) < 400) await sleep(10);
    socket.resetAndDestroy();
    await closed;
    while ((await probes.countDocuments()) < 450) await sleep(10);
    expect(log).toEqual([]);
  });
});
