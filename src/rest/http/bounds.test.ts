import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import express from 'express';
import supertest from 'supertest';
import { serveApp } from '../../testing/app-server.ts';
import { writeThenRead } from '../../testing/raw-client.ts';
import { until } from '../../testing/until.ts';
import { fixtureServer } from '../../testing.ts';

const { url } = await fixtureServer();
const port = Number(new URL(url).port);
const api = supertest(url);
const json = { 'content-type': 'application/json' };

describe('the head of a request', () => {
  test.each([
    [8000, 200],
    [8001, 414],
  ])('may have a target of 8000 characters: %i is a %i', async (length, status) => {
    const target = '/health?'.padEnd(length, '&');
    const answer = await api.get(target);
    expect([answer.status, status === 200 ? undefined : answer.body.detail]).toEqual([
      status,
      status === 200 ? undefined : 'The request target has 8001 characters; it may have 8000.',
    ]);
  });

  test.each([
    [99, 200],
    [100, 431],
    [2500, 431],
  ])('may have 100 lines: with %i besides Host it is a %i', async (count, status) => {
    const lines = `GET /health HTTP/1.1\nHost: a\n${'a:\n'.repeat(count - 1)}Connection: close\n\n`;
    const answer = await writeThenRead(port, lines, '');
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    if (status !== 200) expect(answer).toContain('The header of the request has more than 100 lines.');
  });

  test('that comes too slowly is a 408, which then ends the connection', async () => {
    const { port } = await serveApp(express(), { patience: { wholeMs: 200, idleMs: 10_000 } });
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n');
    const begun = performance.now();
    let answer = '';
    for await (const piece of socket) answer += piece;
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

describe('the levels of a JSON body', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const detail = expect.stringContaining('has more than 32 levels of arrays and objects');

  test.each([
    ['of one value', 'PUT', json, (text: string) => `{"title":${text}}`],
    ['of a JSON Patch', 'PATCH', { 'content-type': 'application/json-patch+json' }, (text: string) => text],
    ['of one row', 'POST', { 'content-type': 'application/x-ndjson' }, (text: string) => `${text}\n`],
    ['of an array of rows', 'POST', json, (text: string) => `[${text}]`],
  ])('%s are at most 32', async (_what, method, headers, wrap) => {
    const path = method === 'POST' ? '/probes' : `/probes/${'0'.repeat(24)}`;
    for (const levels of [40, 50_000]) {
      const sent = { method, headers, body: wrap(nested(levels)) };
      const response = await fetch(url + path, sent);
      expect([400, 422]).toContain(response.status);
      expect(JSON.stringify(await response.text())).toContain('has more than 32 levels of arrays and objects');
    }
  });

  test('are not those in its texts', async () => {
    const title = `"\\${'[{'.repeat(40)}`;
    expect((await api.post('/probes').send({ title })).body).toMatchObject({ title });
    const tooDeep = await fetch(`${url}/probes`, {
      method: 'POST',
      headers: json,
      body: `{"title":"\\"","a":${nested(33)}}`,
    });
    expect(await tooDeep.json()).toMatchObject({ status: 400, detail });
  });
});

describe('a caller', () => {
  test('has at most 16 imports and exports open', async () => {
    const sockets = Array.from({ length: 16 }, () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      const head = `POST /probes HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`;
      socket.write(`${head}e\r\n{"title":"A"}\n\r\n`);
      return socket;
    });
    const exported = () => api.get('/probes').set('accept', 'text/csv');
    await until(async () => (await exported()).status === 429);
    const { headers, body } = await exported();
    expect([headers['retry-after'], body.detail]).toEqual(['1', expect.stringContaining('16 imports and exports')]);
    const imported = await api.post('/probes').set('content-type', 'text/csv').send('title\nA\n');
    expect(imported.status).toBe(429);
    expect((await api.get('/probes')).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await exported()).status === 200);
  });

  test('has at most 256 streams of events open', async () => {
    const events = async () => {
      const request = get(`${url}/probes/events`, { agent: false });
      const [response]: IncomingMessage[] = await once(request, 'response');
      return { request, status: response?.statusCode };
    };
    const open = await Promise.all(Array.from({ length: 256 }, events));
    expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await events()).status).toBe(429);
    for (const { request } of open) request.destroy();
    await until(async () => {
      const { request, status } = await events();
      request.destroy();
      return status === 200;
    });
  });
});
