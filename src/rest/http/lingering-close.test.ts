import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createApp } from '../../app.ts';
import { loadSettings } from '../../config.ts';
import { serveApp } from '../../testing/app-server.ts';
import { FIXTURES } from '../../testing/fixtures.ts';
import { writeThenRead } from '../../testing/raw-client.ts';
import { fixtureServer } from '../../testing.ts';
import type { ServerOptions } from './http-server.ts';

const { url, connection, probes } = await fixtureServer();
const { hostname, port } = new URL(url);
const MEMBER = `/probes/${'0'.repeat(24)}`;
const LARGE = 5_000_000;
const [JSON_TYPE, NDJSON, CSV] = ['application/json', 'application/x-ndjson', 'text/csv'];
const row = '{"title":"A"}\n';

beforeEach(async () => {
  await probes.deleteMany({});
});

/** The same server, that waits for clients less patiently. */
async function hurried(wholeMs: number, lingering: ServerOptions['lingering']): Promise<number> {
  const logger = pino({ level: 'silent' });
  const app = createApp({ connection, resources: FIXTURES, logger, migrations: [], settings: loadSettings({}) });
  return (await serveApp(app, { patience: { wholeMs, idleMs: wholeMs }, lingering })).port;
}

const stubborn = (head: string, body: string | Buffer, to = Number(port)) => writeThenRead(to, head, body);

const head = (method: string, path: string, type: string, length: number, more = '') =>
  `${method} ${path} HTTP/1.1\nHost: a\nContent-Type: ${type}\nContent-Length: ${length}\n${more}\n`;

/** Status and body of an answer, whose length must be what it says. */
function parse(answer: string) {
  const [fields = '', body = ''] = answer.split('\r\n\r\n', 2);
  const length = /^content-length: (\d+)$/im.exec(fields)?.[1];
  if (length !== undefined) expect(Buffer.byteLength(body)).toBe(Number(length));
  const last = /^\{.*\}$/gm.exec(body)?.[0] ?? 'null';
  return { status: Number(fields.split(' ')[1]), closes: /^connection: close$/im.test(fields), body: JSON.parse(last) };
}

/** Of all answers that came on a connection, one of them perhaps right behind the body of another. */
const statusLines = (answer: string) => answer.match(/HTTP\/1.1 \d+(?= [A-Z])/g);

/** Each kind of client sends a body of its own, and reads the status and the problem. */
const CLIENTS: Record<string, (body: Buffer) => Promise<{ status: number; body: unknown }>> = {
  async 'node:http'(body) {
    const headers = { 'content-type': JSON_TYPE, 'content-length': body.length };
    const sent = request(url + MEMBER, { method: 'PUT', headers, agent: false });
    const answered = once(sent, 'response');
    sent.on('error', () => {}).end(body);
    const [response]: IncomingMessage[] = await answered;
    if (!response) throw new Error('no response');
    return { status: response.statusCode ?? 0, body: JSON.parse(await readText(response)) };
  },
  async fetch(body) {
    const response = await fetch(url + MEMBER, { method: 'PUT', headers: { 'content-type': JSON_TYPE }, body });
    return { status: response.status, body: await response.json() };
  },
  async 'a raw socket'(body) {
    return parse(await stubborn(head('PUT', MEMBER, JSON_TYPE, body.length), body));
  },
};

describe('an answer that comes before the whole body', () => {
  test.each(Object.entries(CLIENTS))('is read by each of 30 clients that use %s', async (_name, send) => {
    const body = Buffer.alloc(LARGE, ' ');
    const answers = await Promise.all(Array.from({ length: 30 }, () => send(body)));
    const problem = { status: 413, title: 'Payload Too Large', detail: 'The body is larger than 102400 bytes.' };
    for (const answer of answers) expect(answer).toMatchObject({ status: 413, body: { ...problem, instance: MEMBER } });
  });

  const rows = row.repeat(LARGE / row.length);
  const chunked = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;
  const inChunks = (method: string, path: string, type: string) =>
    `${method} ${path} HTTP/1.1\nHost: a\nContent-Type: ${type}\nTransfer-Encoding: chunked\n\n`;
  test.each([
    ['too large, in chunks', 413, inChunks('PUT', MEMBER, JSON_TYPE), chunked(' '.repeat(LARGE))],
    ['too large, and no array', 413, head('POST', '/probes', JSON_TYPE, LARGE), ' '.repeat(LARGE)],
    ['of another media type', 415, head('POST', '/probes', 'text/plain', LARGE), ' '.repeat(LARGE)],
    ['in an unknown coding', 415, head('POST', '/probes', NDJSON, rows.length, 'Content-Encoding: lzma\n'), rows],
    ['not in the coding it names', 400, head('POST', '/probes', NDJSON, rows.length, 'Content-Encoding: gzip\n'), rows],
    ['for a malformed id', 400, head('PUT', '/probes/x', JSON_TYPE, LARGE), ' '.repeat(LARGE)],
    ['with an unknown parameter', 400, head('POST', '/probes?x=1', NDJSON, rows.length), rows],
    ['where none is taken', 400, head('GET', '/probes', JSON_TYPE, LARGE), ' '.repeat(LARGE)],
    ['where nothing is', 404, head('POST', '/nothing', NDJSON, rows.length), rows],
    ['by another method', 405, head('PUT', '/probes', JSON_TYPE, LARGE), ' '.repeat(LARGE)],
    ['whose answer is not accepted', 406, head('POST', '/probes', NDJSON, rows.length, 'Accept: text/html\n'), rows],
    ['with an unknown expectation', 417, head('POST', '/probes', NDJSON, rows.length, 'Expect: tea\n'), rows],
    ['without a Host', 400, head('POST', '/probes', NDJSON, rows.length).replace('Host: a\n', ''), rows],
    ['with an array that is none', 400, head('POST', '/probes', JSON_TYPE, rows.length + 2), `[]${rows}`],
    ['with a header of CSV that names no fields', 422, head('POST', '/probes', CSV, rows.length), rows],
  ])('is read to its end by a client that sends one %s (%i)', async (_what, status, lines, body) => {
    const answer = parse(await stubborn(lines, body));
    expect(answer).toMatchObject({ status, closes: true, body: { status, detail: expect.any(String) } });
    expect(await probes.countDocuments()).toBe(0);
  });

  test.each([
    ['a header that is too large', 431, `GET / HTTP/1.1\nX: ${'x'.repeat(LARGE)}\n\n`],
    ['what is no HTTP', 400, 'x'.repeat(LARGE)],
    ['a tunnel', 400, `CONNECT a:1 HTTP/1.1\nHost: a\n\n${'x'.repeat(LARGE)}`],
  ])('is read to its end by a client that sends %s (%i)', async (_what, status, text) => {
    expect(parse(await stubborn(text.slice(0, 50), text.slice(50)))).toMatchObject({ status, body: { status } });
  });

  test.each(['Connection: close', 'HTTP/1.0'])('is read by a client that wants no other: %s', async (how) => {
    const lines = head('PUT', '/probes/x', JSON_TYPE, 100_000, how === 'HTTP/1.0' ? '' : `${how}\n`);
    const old = how === 'HTTP/1.0' ? lines.replace('HTTP/1.1', how) : lines;
    const body = ' '.repeat(100_000);
    for (let attempt = 0; attempt < 10; attempt += 1)
      expect(parse(await stubborn(old, body))).toMatchObject({ status: 400, body: { detail: expect.any(String) } });
  });

  test('is the report of what was stored, where it breaks off in the middle', async () => {
    const text = `[${Array.from({ length: 300 }, () => '{"title":"A"}').join()}] ${' '.repeat(LARGE)}x`;
    const lines = head('POST', '/probes', JSON_TYPE, text.length + LARGE, `Accept: ${NDJSON}\n`);
    const { status, body } = parse(await stubborn(lines, text + 'x'.repeat(LARGE)));
    expect([status, body]).toMatchObject([400, { read: 300, inserted: 300, complete: false }]);
  });

  test('keeps a connection whose body is short', async () => {
    const bad = head('PUT', '/probes/x', JSON_TYPE, 1000) + ' '.repeat(1000);
    const zipped = gzipSync(Buffer.alloc(LARGE, ' '));
    const good = 'GET /health HTTP/1.1\nHost: a\nConnection: close\n\n';
    const answer = await stubborn(bad + good, '');
    expect(statusLines(answer)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200']);
    const inflated = head('PUT', MEMBER, JSON_TYPE, zipped.length, 'Content-Encoding: gzip\n').replaceAll('\n', '\r\n');
    const after = await stubborn(
      '',
      Buffer.concat([Buffer.from(inflated), zipped, Buffer.from(good.replaceAll('\n', '\r\n'))]),
    );
    expect(statusLines(after)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  test('is the last one: a request behind it is not read', async () => {
    const next = `POST /probes HTTP/1.1\r\nHost: a\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: 13\r\n\r\n{"title":"B"}`;
    const answer = await stubborn(head('PUT', '/probes/x', JSON_TYPE, LARGE), ' '.repeat(LARGE) + next);
    expect(statusLines(answer)).toEqual(['HTTP/1.1 400']);
    expect(await probes.countDocuments()).toBe(0);
  });
});

describe('a client that goes on sending is cut off', () => {
  /** Sends for as long as it can. @returns how many bytes that were */
  async function endless(to: number, lines: string): Promise<number> {
    const socket = connect(to, hostname).setEncoding('utf8');
    let answer = '';
    socket.on('data', (text) => (answer += text)).on('error', () => {});
    await once(socket, 'connect');
    socket.write(lines.replaceAll('\n', '\r\n'));
    const piece = Buffer.alloc(65_536, ' ');
    let sent = 0;
    const go = () => {
      while (!socket.destroyed && socket.write(piece)) sent += piece.length;
    };
    socket.on('drain', go);
    go();
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 4/);
    return sent;
  }

  test.each([
    ['a body', head('PUT', '/probes/x', JSON_TYPE, 2 ** 40)],
    ['what is no HTTP', 'open the pod bay doors\n\n'],
  ])('after so many bytes of %s', async (_what, lines) => {
    const to = await hurried(60_000, { wholeMs: 60_000, idleMs: 60_000, bytes: 2 ** 22 });
    const sent = await endless(to, lines);
    // What lies in the systems' buffers comes on top.
    expect(sent).toBeGreaterThan(2 ** 22 - 2 ** 19);
    expect(sent).toBeLessThan(2 ** 26);
  });

  test('after so long', async () => {
    const to = await hurried(60_000, { wholeMs: 300, idleMs: 60_000, bytes: Infinity });
    expect(await endless(to, head('PUT', '/probes/x', JSON_TYPE, 2 ** 40))).toBeGreaterThan(0);
  });

  test('if nothing comes any more', async () => {
    const to = await hurried(60_000, { wholeMs: 60_000, idleMs: 200, bytes: Infinity });
    const socket = connect({ port: to, host: hostname, allowHalfOpen: true });
    socket.write(head('PUT', '/probes/x', JSON_TYPE, 2 ** 40).replaceAll('\n', '\r\n'));
    await once(socket.resume(), 'end');
    // Its own side stays open: the server ends it.
    await expect(reset(socket)).resolves.toMatch(/ECONNRESET|EPIPE/);
  });

  async function reset(socket: Socket): Promise<string> {
    const failed = once(socket, 'error');
    const timer = setInterval(() => socket.write(' '), 250);
    const [error] = await failed.finally(() => clearInterval(timer));
    return String(error.code);
  }
});

describe('a client that waits for 100 Continue', () => {
  /** What the server says to a head, until it closes; a body is sent as soon as it is asked for. */
  async function expecting(method: string, path: string, type: string, body: string, length = body.length) {
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    socket.write(head(method, path, type, length, 'Expect: 100-continue\n').replaceAll('\n', '\r\n'));
    let answer = '';
    for await (const chunk of socket) {
      answer += chunk;
      if (answer === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body);
      if (/^HTTP\/1.1 2/m.test(answer)) socket.end();
    }
    return statusLines(answer);
  }

  test.each([
    ['a body that is too large', 413, 'PUT', MEMBER, JSON_TYPE, LARGE],
    ['a merge patch that is too large', 413, 'PATCH', MEMBER, 'application/merge-patch+json', LARGE],
    ['another media type', 415, 'POST', '/probes', 'text/plain', 5],
    ['a malformed id', 400, 'PUT', '/probes/x', JSON_TYPE, 5],
    ['nothing', 404, 'POST', '/nothing', JSON_TYPE, 5],
    ['a method that there is not', 405, 'PUT', '/probes', JSON_TYPE, 5],
    ['a body where none is taken', 400, 'DELETE', MEMBER, JSON_TYPE, 5],
  ])('for %s is told %i without it', async (_what, status, method, path, type, length) => {
    expect(await expecting(method, path, type, '', length)).toEqual([`HTTP/1.1 ${status}`]);
  });

  test.each([
    ['one', JSON_TYPE, '{"title":"A"}', 'HTTP/1.1 201'],
    ['many', NDJSON, row, 'HTTP/1.1 200'],
    ['many as an array', JSON_TYPE, `[${row}]`, 'HTTP/1.1 200'],
  ])('for %s is asked for it once, and served', async (_what, type, body, status) => {
    expect(await expecting('POST', '/probes', type, body)).toEqual(['HTTP/1.1 100', status]);
    expect(await probes.countDocuments()).toBe(1);
  });

  test('but speaks HTTP/1.0 is not told what it does not know', async () => {
    const body = '{"title":"A"}';
    const lines = head('POST', '/probes', JSON_TYPE, body.length, 'Expect: 100-continue\n').replace('1.1', '1.0');
    expect(statusLines(await stubborn(lines, body))).toEqual(['HTTP/1.1 201']);
  });
});
