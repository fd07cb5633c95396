import { once } from 'node:events';
import { METHODS, request, STATUS_CODES, type IncomingMessage } from 'node:http';
import { json, text as readText } from 'node:stream/consumers';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import express from 'express';
import fc from 'fast-check';
import { MongoNetworkError, MongoServerError } from 'mongodb';
import { pino } from 'pino';
import supertest from 'supertest';
import { anyString } from '../../testing/any-string.ts';
import { fixtureServer } from '../../testing.ts';
import { relaysEnded } from '../history/relay.ts';
import { answerFailures } from './failures.ts';
import { problemSchema } from './problems.ts';

const { url, db, probes } = await fixtureServer();
const api = supertest(url);
const { hostname, port } = new URL(url);
const UNKNOWN_ID = '000000000000000000000000';
const JSON_TYPE = { 'content-type': 'application/json' };

const ajv = new Ajv2020();
addFormats.default(ajv);
const isProblem = ajv.compile(problemSchema);

let member: string;
beforeEach(async () => {
  await probes.deleteMany({});
  member = (await api.post('/probes').send({ title: 'Merlin' })).headers['location'] ?? '';
});

/** A request as it is given; a URL would be tidied up. Fails if there is no answer soon. */
async function ask(method: string, path: string, headers: Record<string, string> = {}, body: string | Buffer = '') {
  const signal = AbortSignal.timeout(3000);
  // Node leaves the length out where a body is unusual, as in DELETE.
  const length = body.length > 0 ? { 'content-length': Buffer.byteLength(body) } : {};
  const sent = request({ hostname, port, method, path, headers: { ...headers, ...length }, signal, agent: false }).end(
    body,
  );
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (!response) throw new Error('no response');
  return response;
}

describe('a failure', () => {
  test.each([
    [400, 'GET', '/probes?limit=0', {}, ''],
    [400, 'GET', '/probes/x', {}, ''],
    [400, 'GET', '/probes?{"a":1}=<b>|^`\\%zz', {}, ''],
    [400, 'GET', '/probes/%zz', {}, ''],
    [400, 'POST', '/probes', JSON_TYPE, '{'],
    [404, 'GET', `/probes/${UNKNOWN_ID}`, {}, ''],
    [404, 'DELETE', '/{"nothing":\\here}?q=|^`', {}, ''],
    [400, 'DELETE', '/{"nothing":\\here}?q=|^`#fragment', {}, ''],
    [405, 'DELETE', '/probes', {}, ''],
    [406, 'GET', '/probes', { accept: 'text/html' }, ''],
    [413, 'POST', '/probes', JSON_TYPE, ' '.repeat(110_000)],
    [415, 'POST', '/probes', { 'content-type': 'text/plain' }, 'a'],
    [422, 'POST', '/probes', JSON_TYPE, '{"~":{},"title":5,"thrust":-1,"lastFired":""}'],
  ])('with status %i, for %s %s, is told by RFC 9457 problem details', async (status, method, path, headers, body) => {
    const response = await ask(method, path, headers, body);
    const problem = await json(response);
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(problem).toMatchObject({ type: 'about:blank', title: STATUS_CODES[status], status });
    isProblem(problem);
    expect(isProblem.errors).toBeNull();
  });

  const secret = 'mongodb://root:hunter2@db.example';
  const server = (fields: object) => new MongoServerError({ message: secret, ...fields });
  test.each([
    ['an unforeseen error', 500, new TypeError(secret)],
    ['an error of the database', 500, server({ code: 2 })],
    ['a change of primary', 503, server({ code: 10_107 })],
    ['too long a query', 503, server({ code: 50 })],
    ['a write that may be retried', 503, server({ errorLabels: ['RetryableWriteError'] })],
    ['a query that an index became too new for', 503, server({ code: 175 })],
    ['too many transactions', 503, server({ codeName: 'TooManyOpenTransactions' })],
    ['an overload', 503, server({ errorLabels: ['SystemOverloadedError'] })],
    ['a full disk', 503, server({ code: 14_031 })],
    ['a broken connection', 503, new MongoNetworkError(secret)],
    ['a socket that the database has closed', 503, Object.assign(new Error(secret), { code: 'EPIPE' })],
    ['a value that is taken', 409, server({ code: 11_000, keyPattern: { title: 1 } })],
    ['a document that the validator refuses', 500, server({ code: 121 })],
  ])('by %s is a %i that tells the log what happened and the client no secret', async (_what, status, error) => {
    const lines: string[] = [];
    const app = express();
    app.get('/', () => Promise.reject(error));
    app.use(answerFailures(pino({}, { write: (line) => void lines.push(line) })));
    const { text, ...response } = await supertest(app).get('/');
    expect([response.status, response.type]).toEqual([status, 'application/problem+json']);
    expect(response.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
    expect(text).not.toMatch(/hunter2|mongodb|at .*:\d|node_modules/i);
    expect(lines.join('').includes(secret)).toBe(status >= 500);
  });

  test('after the answer has begun ends the connection', async () => {
    const app = express();
    app.get('/', (_request, response) => {
      response.write('[');
      throw new Error('too late');
    });
    app.use(answerFailures(pino({ level: 'silent' })));
    await expect(supertest(app).get('/')).rejects.toThrow(/aborted|hang up/);
  });

  test('of a unique index is a 409 that names the field', async () => {
    const index = await probes.createIndex({ title: 1 }, { unique: true });
    const { status, body } = await api.post('/probes').send({ title: 'Merlin' });
    await probes.dropIndex(index);
    expect([status, body.errors]).toEqual([409, [expect.objectContaining({ pointer: '/title', keyword: 'unique' })]]);
  });
});

describe('what is not there', () => {
  test.each(['/probe', '/Probes', `/probes/${UNKNOWN_ID}/x`, '/probes%2F', '//elsewhere', '/probe/', '/probes/a/b//'])(
    'the path %s is a 404',
    async (path) => {
      const response = await ask('GET', path);
      expect([response.statusCode, await json(response)]).toMatchObject([404, { title: 'Not Found', instance: path }]);
    },
  );

  test.each([
    [UNKNOWN_ID, 404],
    ['xyz', 400],
    [UNKNOWN_ID.slice(1), 400],
    [`${UNKNOWN_ID}0`, 400],
    ['g'.repeat(24), 400],
    ['%zz', 400],
  ])('the id %s is a %i for every method', async (id, status) => {
    for (const method of ['GET', 'DELETE']) expect((await ask(method, `/probes/${id}`)).statusCode).toBe(status);
    for (const method of ['PUT', 'PATCH'])
      expect((await ask(method, `/probes/${id}`, JSON_TYPE, '{"title":"a"}')).statusCode).toBe(status);
  });

  test('a malformed id is told before anything is said of the body', async () => {
    expect((await ask('PUT', '/probes/xyz', JSON_TYPE, 'x')).statusCode).toBe(400);
    expect((await ask('PATCH', '/probes/xyz', JSON_TYPE, '{"thrust":"x"}')).statusCode).toBe(400);
  });

  test('a body where none is taken is a 400, not ignored', async () => {
    for (const method of ['GET', 'DELETE'])
      expect((await ask(method, `/probes/${UNKNOWN_ID}`, JSON_TYPE, '{}')).statusCode).toBe(400);
  });
});

describe('a client', () => {
  test.each(['text/html', 'application/xml', 'application/json;q=0', 'application/problem+json;q=0'])(
    'that accepts %s only is told so by a 406, and nothing is written',
    async (accept) => {
      await relaysEnded();
      const before = await probes.find().toArray();
      const writes = [api.post('/probes'), api.put(member), api.patch(member)].map((sent) => sent.send({ title: 'a' }));
      const reads = ['/probes', member, '/health', '/openapi.json'].map((path) => api.get(path));
      for (const asked of [...reads, ...writes]) {
        const { status, body } = await asked.set('accept', accept);
        expect([status, body.errors]).toEqual([406, [expect.objectContaining({ header: 'Accept' })]]);
      }
      expect(await probes.find().toArray()).toEqual(before);
      // There is nothing to accept in an answer without a body.
      expect((await api.delete(member).set('accept', accept)).status).toBe(204);
    },
  );

  test.each(['*/*', 'application/*', 'application/json', 'text/html, application/json;q=0.1', 'text/html, */*;q=0.1'])(
    'that accepts %s is served',
    async (accept) => {
      expect((await api.get('/probes').set('accept', accept)).status).toBe(200);
    },
  );
});

test('whatever is asked, the answer comes, is no 5xx and leaves nothing stored that the validator would refuse', async () => {
  const printable = fc.string({ unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)) });
  const token = fc.constantFrom('application/json', 'application/merge-patch+json', '*/*', 'gzip', 'utf-8', ';', ',q=');
  const headers = fc.dictionary(
    fc.constantFrom('accept', 'content-type', 'content-encoding', 'expect', 'if-match', 'range', 'upgrade', 'origin'),
    fc.array(fc.oneof(token, printable), { maxLength: 3 }).map((parts) => parts.join('')),
    { maxKeys: 2 },
  );
  const path = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('/probes', 'member', 'member') },
    fc.tuple(fc.constantFrom('/probes', '/probes?', '/probes/', '/', 'http://', '', 'member?'), printable).map(join),
  );
  const wild = fc.oneof(fc.jsonValue(), fc.date().map(String), fc.double(), anyString());
  const probe = fc.record(
    {
      title: fc.oneof(anyString({ minLength: 1 }), wild),
      thrust: fc.oneof(fc.nat(), wild),
      lastFired: fc.oneof(fc.date().map(toText), wild),
      $set: wild,
    },
    { requiredKeys: ['title'] },
  );
  const near = fc.record({ title: fc.string({ minLength: 1 }), thrust: fc.nat(), lastFired: fc.constant(null) });
  const body = fc
    .oneof(near, probe, fc.jsonValue())
    .map((value) => JSON.stringify(value))
    .map((text) => Buffer.from(text));
  const bytes = fc.uint8Array().map((some) => Buffer.from(some));
  const plausible = fc.tuple(
    fc.constantFrom(['POST', '/probes'] as const, ['PUT', 'member'] as const, ['PATCH', 'member'] as const),
    fc.constant(JSON_TYPE),
    body,
  );
  const method = fc.constantFrom(...METHODS.filter((name) => name !== 'CONNECT'));
  const implausible = fc.tuple(fc.tuple(method, path), headers, fc.oneof(body, bytes));
  await fc.assert(
    fc.asyncProperty(fc.oneof(plausible, implausible), async ([[verb, place], fields, sent]) => {
      const response = await ask(verb, place.replace('member', member), fields, sent);
      const { statusCode = 0, headers: answered } = response;
      const answer = await readText(response);
      expect(statusCode).toBeLessThan(500);
      if (answer !== '') expect(answered['content-type']).toMatch(/^application\/((problem\+)?json|x-ndjson)$/);
      // Of many at once a report may say that all were bad.
      const isReport = answered['content-type'] !== 'application/problem+json' && answer.includes('"bad":');
      if (statusCode >= 400 && verb !== 'HEAD' && !isReport)
        expect([answer, isProblem(JSON.parse(answer))]).toEqual([answer, true]);
    }),
    { numRuns: 250 },
  );
  const [collection] = await db.listCollections({ name: 'probes' }, { nameOnly: false }).toArray();
  expect(await probes.countDocuments()).toBeGreaterThan(5);
  expect(await probes.countDocuments({ $nor: [{ ...collection?.options?.['validator'] }] })).toBe(0);
});

const join = (parts: string[]) => parts.join('');
const toText = (date: Date) => (Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString());
