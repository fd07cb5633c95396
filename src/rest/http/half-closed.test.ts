import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, test } from '@jest/globals';
import express from 'express';
import { fixtureServer } from '../../testing.ts';
import { serveApp } from '../../testing/app-server.ts';
import { makeCertificate } from '../../testing/certificate.ts';
import { serveEvents } from '../../testing/event-server.ts';
import { temporaryFolder } from '../../testing/processes.ts';

const database = await fixtureServer();
const port = Number(new URL(database.url).port);

const BODY = '{"title":"Voyager"}';
const JSON_TYPE = 'Content-Type: application/json';
const LENGTH = `Content-Length: ${BODY.length}`;

/** Complete requests, and how many answers each gets. */
const REQUESTS = [
  ['GET /health HTTP/1.1\nHost: x\n\n', 1],
  ['GET /health HTTP/1.0\n\n', 1],
  ['GET /nothing HTTP/1.1\nHost: x\nConnection: close\n\n', 1],
  ['GET /probes?limit=1 HTTP/1.1\nHost: x\n\nGET /health HTTP/1.1\nHost: x\n\n', 2],
  [`POST /probes HTTP/1.1\nHost: x\n${JSON_TYPE}\n${LENGTH}\n\n${BODY}`, 1],
  [`POST /probes HTTP/1.1\nHost: x\n${JSON_TYPE}\n${LENGTH}\nExpect: 100-continue\n\n${BODY}`, 1],
  [`POST /probes HTTP/1.1\nHost: x\n${JSON_TYPE}\nTransfer-Encoding: chunked\n\n13\n${BODY}\n0\n\n`, 1],
  [`POST /probes HTTP/1.1\nHost: x\nContent-Type: text/plain\n${LENGTH}\n\n${BODY}`, 1],
] as const;

/** Sends a request, closes this side of the connection, and reads to the end of the other. */
async function halfClose(socket: Socket, request: string): Promise<string> {
  socket.end(request.replaceAll('\n', '\r\n'));
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += String(chunk);
  return text;
}

test('clients that close their side behind a complete request all get their answers', async () => {
  const lost: string[] = [];
  const client = async () => {
    for (let round = 0; round < 8; round += 1)
      for (const [request, answers] of REQUESTS) {
        const text = await halfClose(connect({ port, host: '127.0.0.1', allowHalfOpen: true }), request);
        if (text.match(/HTTP\/1\.1 [2-5]\d\d /g)?.length !== answers) lost.push(`${request}: ${text}`);
      }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  expect(lost).toEqual([]);
}, 120_000);

test('so do those that use TLS', async () => {
  const app = express();
  app.get('/', (_request, response) => void setImmediate(() => response.send('whole')));
  const { certFile, keyFile } = makeCertificate(temporaryFolder());
  const certificate = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  const { port } = await serveApp(app, { certificate });
  const below = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const socket = connectTls({ socket: below, host: '127.0.0.1', ca: certificate.cert });
  expect(await halfClose(socket, 'GET / HTTP/1.1\nHost: x\n\n')).toMatch(/whole$/);
});

test('a stream of events begins, and ends, for such a client', async () => {
  const { url } = await serveEvents(database);
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  expect(await halfClose(socket, 'GET /probes/events HTTP/1.1\nHost: x\n\n')).toMatch(/^HTTP\/1\.1 200 [^]*\nretry: /);
});
