import { once } from 'node:events';
import { get, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import express, { type Response } from 'express';
import supertest from 'supertest';
import { serveApp } from '../../testing/app-server.ts';
import { until } from '../../testing/until.ts';
import { CAPACITY } from './overload.ts';

describe('a server with more to do than it can do in time', () => {
  test('refuses at once what is too much, but not the question whether it lives', async () => {
    const waiting: Response[] = [];
    const app = express();
    app.get('/health', (_request, response) => void response.end('ok'));
    app.get('/', (_request, response) => void waiting.push(response));
    const { server, port } = await serveApp(app, { capacity: { ...CAPACITY, mostWaiting: 3 } });
    let refused = 0;
    server.on('overload', () => (refused += 1));
    const api = supertest(`http://127.0.0.1:${port}`);
    const answers = [1, 2, 3].map(async () => api.get('/').then(({ status }) => status));
    await until(() => waiting.length === 3);
    const { status, headers, body } = await api.get('/');
    expect([status, headers['retry-after'], body.detail, refused]).toEqual([
      503,
      '1',
      expect.stringContaining('Nothing was done.'),
      1,
    ]);
    expect((await api.get('/health')).status).toBe(200);
    // What is being answered does not count.
    for (const response of waiting) response.writeHead(200).flushHeaders();
    const late = api.get('/').then(({ status }) => status);
    await until(() => waiting.length === 4);
    for (const response of waiting) response.end();
    expect(await Promise.all([...answers, late])).toEqual([200, 200, 200, 200]);
    expect(refused).toBe(1);
  });

  test.each([
    ['reads', 'GET', 'POST'],
    ['writes', 'POST', 'GET'],
  ] as const)('takes on so many %s at a time, and others beside them', async (kind, method, another) => {
    const waiting: Response[] = [];
    const app = express().all('/', (request, response) => {
      request.resume().once('end', () => waiting.push(response));
    });
    const capacity = { ...CAPACITY, inWork: { reads: 9, writes: 9, [kind]: 3 }, burstMs: 0 };
    const { port } = await serveApp(app, { capacity });
    const ask = (by: string) => fetch(`http://127.0.0.1:${port}/`, { method: by, ...(by === 'POST' && { body: 'x' }) });
    // Bodies that arrive slowly take no place.
    const slow = Array.from({ length: 5 }, () => request({ port, method, headers: { 'content-length': 2 } }));
    for (const one of slow) one.on('error', () => {}).write('a');
    const asked = Array.from({ length: 3 }, () => ask(method));
    await until(() => waiting.length === 3);
    const refused = await ask(method);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    asked.push(ask(another));
    await until(() => waiting.length === 4);
    for (const response of waiting.splice(0)) response.end();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const later = ask(method);
    await until(() => waiting.length === 1);
    waiting[0]?.end();
    expect((await later).status).toBe(200);
    for (const one of slow) one.destroy();
  });

  test('takes on more at a time if they come at once, and are soon done', async () => {
    const waiting: Response[] = [];
    const app = express().get('/', (_request, response) => void waiting.push(response));
    const { port } = await serveApp(app, {
      capacity: { ...CAPACITY, inWork: { reads: 2, writes: 2 }, burstMs: 60_000 },
    });
    const asked = Array.from({ length: 20 }, () => fetch(`http://127.0.0.1:${port}/`));
    await until(() => waiting.length === 20);
    for (const response of waiting) response.end();
    expect((await Promise.all(asked)).every(({ status }) => status === 200)).toBe(true);
  });

  test('refuses requests while its turns take too long, if many others wait', async () => {
    const waiting: Response[] = [];
    const app = express().get('/', (_request, response) => void waiting.push(response));
    const { port } = await serveApp(app, { capacity: { ...CAPACITY, burstMs: Infinity, mostDelayMs: 10 } });
    const ask = () => get({ port, agent: false }).on('error', () => {});
    const asked = Array.from({ length: 100 }, ask);
    await until(() => waiting.length === 100);
    const status = async () => {
      const request = ask();
      const [response]: (IncomingMessage | undefined)[] = await Promise.race([
        once(request, 'response'),
        sleep(100, []),
      ]);
      request.destroy();
      return response?.statusCode;
    };
    expect(await status()).toBeUndefined();
    await until(async () => {
      for (const end = performance.now() + 200; performance.now() < end;);
      return (await status()) === 503;
    });
    for (const request of asked) request.destroy();
  });
});
