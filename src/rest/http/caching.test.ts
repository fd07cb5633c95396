import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { readDescription } from '../../testing/description.ts';
import { fixtureServer } from '../../testing.ts';
import { answerFailures, notFound } from './failures.ts';
import { httpServer } from './http-server.ts';
import { atEnd } from '../../testing/cleanup.ts';

const { url, probes, relays } = await fixtureServer();
const { operations } = await readDescription(url);
const { insertedId } = await probes.insertOne({ title: 'Voyager' });
await relays.insertOne({ _id: insertedId, name: 'Goldstone' });
const member = `/probes/${insertedId.toHexString()}`;
const nowhere = `/probes/${'0'.repeat(24)}`;
const LIST_DEPENDS_ON = 'Accept, Prefer';

async function ask(method: string, path: string, headers: Record<string, string> = {}, body = '', to = url) {
  const length: Record<string, string> = body === '' ? {} : { 'content-length': String(body.length) };
  const sent = request(to + path, { method, headers: { ...headers, ...length }, agent: false });
  const answered = once(sent, 'response');
  sent.end(body);
  const [response]: IncomingMessage[] = await answered;
  if (!response) throw new Error('no response');
  sent.destroy(); // events have no end
  return { status: response.statusCode, headers: response.headers };
}

const JSON_TYPE = { 'content-type': 'application/json' };
const title = '{"title":"A"}';

describe('a failure', () => {
  test.each([
    [400, 'GET', '/probes?nothing=1', {}, '', LIST_DEPENDS_ON],
    [400, 'GET', '/probes/x', {}, '', 'Accept'],
    [400, 'GET', '/probes/%zz', {}, '', undefined],
    [400, 'GET', '/health', {}, title, 'Accept'],
    [400, 'POST', '/probes', JSON_TYPE, '{', 'Accept'],
    [404, 'GET', nowhere, {}, '', 'Accept'],
    [404, 'GET', `${nowhere}/history`, {}, '', 'Accept'],
    [404, 'DELETE', nowhere, {}, '', undefined],
    [404, 'GET', '/nothing', {}, '', undefined],
    [405, 'DELETE', '/probes', {}, '', undefined],
    [405, 'POST', '/docs', {}, '', undefined],
    [406, 'GET', '/probes', { accept: 'text/html' }, '', LIST_DEPENDS_ON],
    [406, 'GET', '/probes/events', { accept: 'text/html' }, '', 'Accept'],
    [406, 'GET', '/', { accept: 'image/png' }, '', 'Accept'],
    [412, 'GET', member, { 'if-match': '"x"' }, '', 'Accept'],
    [412, 'GET', '/docs', { 'if-match': '"x"' }, '', undefined],
    [413, 'PUT', member, JSON_TYPE, ' '.repeat(110_000), 'Accept'],
    [415, 'POST', '/probes', { 'content-type': 'text/plain' }, 'a', 'Accept'],
    [417, 'GET', '/probes', { expect: 'tea' }, '', undefined],
    [422, 'POST', '/probes', JSON_TYPE, '{}', 'Accept'],
    [431, 'GET', '/probes', { filler: 'x'.repeat(17_000) }, '', undefined],
  ])(
    'with status %i, of %s %s, is kept by no cache, and names what it depends on',
    async (status, method, path, headers, body, vary) => {
      const answer = await ask(method, path, headers, body);
      expect(answer).toMatchObject({ status, headers: { 'cache-control': 'no-store' } });
      expect(answer.headers['vary']).toBe(vary);
      expect(answer.headers['content-type']).toBe('application/problem+json');
    },
  );

  test.each([
    ['what is no HTTP', 'words\r\n\r\n'],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ])('that Node finds, %s, is kept by no cache', async (_what, text) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    socket.write(text);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1.1 400 [^]*\r\ncache-control: no-store\r\n/i);
  });

  test('that nobody foresaw is kept by no cache', async () => {
    const app = express();
    app.get('/', () => Promise.reject(new TypeError('a defect')));
    app.use(notFound);
    app.use(answerFailures(pino({ level: 'silent' })));
    const server = httpServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd(() => server.close());
    const address = Object(server.address());
    const { status, headers } = await ask('GET', '/', {}, '', `http://127.0.0.1:${address.port}`);
    expect([status, headers['cache-control']]).toEqual([500, 'no-store']);
  });
});

describe('an answer', () => {
  const reads = operations.filter(({ method, path }) => method === 'GET' && !path.includes('/events'));

  test.each(reads)('of $path names what it depends on, be it new or known', async ({ path, parameters }) => {
    const target = path.replace('{id}', insertedId.toHexString());
    const counts = parameters.some(({ name }) => name === 'Prefer');
    const vary = counts ? LIST_DEPENDS_ON : 'Accept';
    const { headers, status } = await ask('GET', target);
    // No cache keeps who somebody is.
    const control = path === '/caller' ? 'no-store' : 'no-cache';
    expect([status, headers['vary'], headers['cache-control']]).toEqual([200, vary, control]);
    const known = await ask('GET', target, { 'if-none-match': String(headers['etag']) });
    expect([known.status, known.headers['vary']]).toEqual([304, vary]);
    expect((await ask('HEAD', target)).headers['vary']).toBe(vary);
  });

  test.each([
    ['GET', '/probes', { accept: 'text/csv' }, '', LIST_DEPENDS_ON],
    ['GET', '/probes', { accept: 'application/x-ndjson', prefer: 'count=exact' }, '', LIST_DEPENDS_ON],
    ['GET', '/probes/events', {}, '', 'Accept'],
    ['GET', '/', { accept: 'text/html' }, '', 'Accept, Accept-Encoding'],
    ['POST', '/probes', JSON_TYPE, title, 'Accept'],
    ['POST', '/probes', { 'content-type': 'text/csv' }, 'title\nA\n', 'Accept'],
    ['PATCH', member, JSON_TYPE, '{"thrust":1}', 'Accept'],
    ['PATCH', member, { ...JSON_TYPE, prefer: 'return=minimal' }, '{"thrust":2}', 'Accept'],
    ['GET', '/docs', {}, '', 'Accept-Encoding'],
    ['OPTIONS', '/probes', {}, '', undefined],
  ])('to %s %s (%j) names what it depends on', async (method, path, headers, body, vary) => {
    const answer = await ask(method, path, headers, body);
    expect(answer.status).toBeLessThan(400);
    expect(answer.headers['vary']).toBe(vary);
  });
});

describe('a PUT that wants nothing back', () => {
  test('is told neither tag nor time, for it was not stored as it was sent', async () => {
    const minimal = { ...JSON_TYPE, prefer: 'return=minimal' };
    const put = await ask('PUT', member, minimal, title);
    expect(put).toMatchObject({ status: 204, headers: { 'preference-applied': 'return=minimal' } });
    expect(put.headers).not.toHaveProperty('etag');
    expect(put.headers).not.toHaveProperty('last-modified');
    const patch = await ask('PATCH', member, minimal, '{"thrust":7}');
    expect(patch).toMatchObject({
      status: 204,
      headers: { etag: expect.any(String), 'last-modified': expect.any(String) },
    });
  });

  test('is described so', () => {
    const EVERYWHERE = ['X-Request-Id', 'Traceparent'];
    const describedHeaders = (id: string) =>
      Object.keys(operations.find(({ operationId }) => operationId === id)?.responses['204']?.headers ?? {});
    expect(describedHeaders('replaceProbe')).toEqual(['Preference-Applied', ...EVERYWHERE]);
    expect(describedHeaders('patchProbe')).toEqual(['Last-Modified', 'ETag', 'Preference-Applied', ...EVERYWHERE]);
  });
});
