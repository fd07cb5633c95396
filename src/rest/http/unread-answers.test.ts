import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import express, { type Express } from 'express';
import { pino } from 'pino';
import { createApp } from '../../app.ts';
import { loadSettings } from '../../config.ts';
import { serveApp } from '../../testing/app-server.ts';
import { makeCertificate } from '../../testing/certificate.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { FIXTURES } from '../../testing/fixtures.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { fixtureServer } from '../../testing.ts';

const { connection, probes } = await fixtureServer();
const { certFile, keyFile } = makeCertificate(temporaryFolder());
const certificate = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };

/** How much a client can still read to the end of a connection. */
async function bytesLeft(socket: Socket): Promise<number> {
  let size = 0;
  const ended = once(socket, 'close');
  socket.on('data', ({ length }: Buffer) => (size += length)).resume();
  await ended;
  return size;
}

const KINDS = {
  HTTP: { certificate: undefined, connect: (port: number) => connectPlain(port, '127.0.0.1') },
  HTTPS: { certificate, connect: (port: number) => connectSecurely({ port, rejectUnauthorized: false }) },
};

describe.each(Object.entries(KINDS))(
  'by %s, an answer that its client does not read',
  (_kind, { connect, ...options }) => {
    /** Asks, and reads nothing. */
    async function ask(app: Express, idleMs = 300) {
      const { server, port } = await serveApp(app, { patience: { wholeMs: 10_000, idleMs }, ...options });
      const socket = connect(port).on('error', () => {});
      atEnd(() => socket.destroy());
      const requested = once(server, 'request');
      socket
        .pause()
        .write('GET /probes HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: application/x-ndjson, */*\r\n\r\n');
      const [, response] = await requested;
      return { response, socket };
    }

    const answering = (text: string, afterMs = 0) =>
      express().get('/probes', (_request, response) => void setTimeout(() => response.end(text), afterMs));

    test('is broken off', async () => {
      const { response, socket } = await ask(answering('x'.repeat(30_000_000)));
      await once(response, 'close');
      expect(await bytesLeft(socket)).toBeLessThan(30_000_000);
    });

    test('is broken off if it is an export', async () => {
      const title = 'x'.repeat(100_000);
      const many = Array.from({ length: 300 }, () => ({ title }));
      await probes.insertMany(many, { bypassDocumentValidation: true });
      const logger = pino({ level: 'silent' });
      const app = createApp({ connection, resources: FIXTURES, logger, migrations: [], settings: loadSettings({}) });
      const { response, socket } = await ask(app);
      await once(response, 'close');
      expect(await bytesLeft(socket)).toBeLessThan(30_000_000);
      await probes.deleteMany({});
    });

    test('goes on as long as the client takes some of it', async () => {
      // The client stops for a quarter of that time, so that a busy machine does not make it too long.
      const { socket } = await ask(answering('x'.repeat(30_000_000)), 2000);
      const cut = once(socket, 'close').then(() => Promise.reject(new Error('cut')));
      cut.catch(() => {});
      let total = 0;
      let enough = 0;
      socket.on('data', ({ length }: Buffer) => {
        total += length;
        if (total > enough) socket.pause();
      });
      // The system tells the server only of larger parts.
      for (enough = 3_000_000; enough < 25_000_000; enough += 3_000_000) {
        await sleep(500);
        const paused = once(socket, 'pause');
        socket.resume();
        await Promise.race([paused, cut]);
      }
      enough = Infinity;
      await bytesLeft(socket);
      expect(total).toBeGreaterThan(30_000_000);
    });

    test('may be long in the making', async () => {
      const { socket } = await ask(answering('done', 1000));
      const [piece]: Buffer[] = await once(socket.resume(), 'data');
      expect(String(piece)).toContain('done');
    });

    test('is followed by no other on a connection that is silent for longer than it has named', async () => {
      const { server, port } = await serveApp(answering('ok'), options);
      server.keepAliveTimeout = 100;
      const socket = connect(port).setEncoding('utf8');
      socket.write('GET /probes HTTP/1.1\r\nHost: a\r\n\r\n');
      let answer = '';
      for await (const piece of socket) answer += piece;
      expect(answer).toMatch(/^HTTP\/1.1 200 [^]*ok$/);
    });
  },
);
