import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import express from 'express';
import { serveApp } from '../../testing/app-server.ts';
import { atEnd } from '../../testing/cleanup.ts';

/** Sends requests without waiting for their answers, and reads until the server ends the connection. */
async function pipeline(port: number, requests: string): Promise<string> {
  const socket = connect(port).setEncoding('utf8');
  atEnd(() => socket.destroy());
  socket.write(requests);
  let answers = '';
  for await (const piece of socket) answers += piece;
  return answers;
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

test('of the requests that one client sends without waiting, one is worked on at a time, and all are answered in order', async () => {
  let busy = 0;
  let mostBusy = 0;
  const app = express().get('/:number', ({ params }, response) => {
    mostBusy = Math.max(mostBusy, (busy += 1));
    setImmediate(() => {
      busy -= 1;
      response.end(`<${params.number}>`);
    });
  });
  const { port } = await serveApp(app);
  const numbers = Array.from({ length: 2000 }, (_, index) => String(index));
  const answers = await pipeline(
    port,
    numbers.map((number) => get(`/${number}`)).join('') + get('/end', 'Connection: close\r\n'),
  );
  expect([...answers.matchAll(/<(\w+)>/g)].map(([, number]) => number)).toEqual([...numbers, 'end']);
  expect(mostBusy).toBe(1);
});

test('another client is answered between two requests of one that sends without waiting', async () => {
  const order: string[] = [];
  const app = express().get('/:who', ({ params }, response) => {
    order.push(params.who);
    response.end();
  });
  const { server, port } = await serveApp(app);
  const other = connect(port);
  atEnd(() => other.destroy());
  await once(server, 'connection');
  const first = once(server, 'request').then(() => other.write(get('/other')));
  await Promise.all([first, pipeline(port, get('/many').repeat(1000) + get('/many', 'Connection: close\r\n'))]);
  expect(order.indexOf('other')).toBeLessThan(1000);
});

test('the server takes no more from a client than it works on, and a little ahead', async () => {
  const request = get('/');
  let begun = 0;
  let mostAhead = 0;
  const app = express().get('/', ({ socket }, response) => {
    begun += 1;
    mostAhead = Math.max(mostAhead, socket.bytesRead - begun * request.length);
    setImmediate(() => response.end());
  });
  const { port } = await serveApp(app);
  await pipeline(port, request.repeat(20_000) + get('/', 'Connection: close\r\n'));
  expect(begun).toBe(20_001);
  expect(mostAhead).toBeLessThan(200_000);
});

test('a body behind an unanswered request arrives whole', async () => {
  const app = express().post('/', async (request, response) => {
    let size = 0;
    for await (const piece of request) size += Buffer.byteLength(piece);
    setImmediate(() => response.end(`<${size}>`));
  });
  const { port } = await serveApp(app);
  const post = (size: number, more = '') =>
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n${more}\r\n${'x'.repeat(size)}`;
  const answers = await pipeline(
    port,
    [10, 90_000, 0, 90_000].map((size) => post(size)).join('') + post(1, 'Connection: close\r\n'),
  );
  expect(answers.match(/<\d+>/g)).toEqual(['<10>', '<90000>', '<0>', '<90000>', '<1>']);
});
