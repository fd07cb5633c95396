import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { MongoServerError, ObjectId, type Document } from 'mongodb';
import { pino } from 'pino';
import supertest from 'supertest';
import { relaysEnded } from '../rest/index.ts';
import { fixtureServer, serve } from '../testing.ts';
import { makeCertificate } from '../testing/certificate.ts';
import { atEnd } from '../testing/cleanup.ts';
import { connect } from '../database/connect.ts';
import { launch, FIXTURE_SERVER, startServer, temporaryFolder } from '../testing/processes.ts';
import { until } from '../testing/until.ts';
import { errorForLog } from './error-for-log.ts';

const lines: string[] = [];
const logger = pino({ level: 'trace', serializers: { err: errorForLog } }, { write: (line) => void lines.push(line) });
const { uri, probes, db } = await fixtureServer();
const connection = await connect(uri, db.databaseName, true);
atEnd(() => connection.close());
const url = await serve(connection, { logger });
const api = supertest(url);
const entries = (): Document[] => lines.map((line) => JSON.parse(line));

/** The lines of the requests that a test makes, once there are so many. */
async function logged(count: number, make: () => Promise<unknown>): Promise<Document[]> {
  lines.length = 0;
  await make();
  await until(() => entries().filter(({ durationMs }) => durationMs !== undefined).length >= count);
  return entries().filter(({ durationMs }) => durationMs !== undefined);
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

test('each request is one line: its ids, route, parameters, status, time, and what it made the database do', async () => {
  const [created, listed, missing] = await logged(3, async () => {
    const { headers } = await api.post('/probes').set('X-Request-Id', 'night-7').send({ title: 'Voyager' });
    await relaysEnded();
    expect(headers['x-request-id']).toBe('night-7');
    const page = await api.get('/probes?limit=5').set('traceparent', `00-${TRACE}-00f067aa0ba902b7-01`);
    expect(page.headers['traceparent']).toMatch(new RegExp(`^00-${TRACE}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
    await api.get('/nothing/here');
  });
  const measured = { durationMs: expect.any(Number), databaseMs: expect.any(Number), level: 30, msg: 'request' };
  expect(created).toMatchObject({ ...measured, requestId: 'night-7', method: 'POST', route: '/probes', status: 201 });
  expect(listed).toMatchObject({ ...measured, traceId: TRACE, parameters: ['limit'], status: 200, commands: 1 });
  expect(created).toMatchObject({ commands: 1 });
  expect(missing).toMatchObject({ ...measured, status: 404, commands: 0 });
  expect(missing).not.toHaveProperty('route');
});

test('the history keeps the id that the answer has', async () => {
  const { headers } = await api.post('/probes').send({ title: 'Merlin' });
  await relaysEnded();
  const { body } = await api.get(`${headers['location']}/history`);
  expect(body[0].requestId).toBe(headers['x-request-id']);
});

test('a command that requests share counts for each of them', async () => {
  const stored = await probes.find().limit(2).toArray();
  const shared = await logged(4, async () => {
    const ids = [...stored, ...stored].map(({ _id }) => _id.toHexString());
    await Promise.all(ids.map(async (id) => (await fetch(`${url}/probes/${id}`)).arrayBuffer()));
  });
  expect(shared.map(({ commands }) => commands)).toEqual([1, 1, 1, 1]);
});

test.each([
  ['/health', 20],
  ['/docs', 20],
  ['/openapi.json', 30],
])('a request for %s has the level %i', async (path, level) => {
  expect(await logged(1, async () => api.get(path))).toMatchObject([{ level }]);
});

test('a refusal of what is no request has ids too', async () => {
  const { headers } = await api.get('/probes/%').set('X-Request-Id', 'not usable, with a blank');
  expect(headers).toMatchObject({
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
  });
});

test('a slow request is a warning with the plan of its query', async () => {
  const slow = supertest(await serve(connection, { logger, slowMs: 0.001 }));
  const [line] = await logged(1, async () => slow.get('/probes?sort=-thrust'));
  expect(line).toMatchObject({ level: 40, msg: 'slow request', plan: expect.stringMatching(/^[A-Z]\w+/) });
});

test('no line of any level holds a secret of a request or of a stored document', async () => {
  const secret = 'hunter2-planted';
  const id = new ObjectId();
  const invalid = { _id: id, title: 'Voyager', thrust: 1, extra: secret };
  await probes.insertOne(invalid, { bypassDocumentValidation: true });
  await logged(9, async () => {
    await api.get('/probes').set({ Authorization: `Bearer ${secret}`, Cookie: `session=${secret}` });
    await api.get(`/probes?title=${secret}`);
    await api.get(`/probes?after=${secret}`);
    await api.get(`/probes?${secret}=1`);
    await api.get(`/probes/${secret}`);
    await api.get(`/${secret}`);
    await api.post('/probes').set('Idempotency-Key', `"${secret}"`).send({ title: secret });
    await api.post('/probes').send(`{"title": "${secret}`).type('json');
    expect((await api.patch(`/probes/${id.toHexString()}`).send({ thrust: 2 })).status).toBe(500);
    await relaysEnded();
    const err = new MongoServerError({ message: `E11000 dup key: { a: "${secret}" }`, code: 11_000, keyValue: secret });
    logger.error({ err: new Error('no luck', { cause: err }) }, 'it failed');
  });
  expect(entries().filter(({ err }) => err)).toMatchObject([{ err: { document: id.toHexString() } }, { err: {} }]);
  expect(lines.join('')).not.toContain(secret);
});

test('no line of a server holds a password or a key of its settings', async () => {
  const secret = 'hunter2-planted';
  const { certFile, keyFile } = makeCertificate(temporaryFolder(), 'logged');
  const withPassword = new URL(uri);
  Object.assign(withPassword, { username: 'somebody', password: secret });
  const failing = launch(FIXTURE_SERVER, { MONGODB_URI: withPassword.href, LOG_LEVEL: 'trace', PORT: '0' });
  const tls = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, CURSOR_SECRET: secret };
  const server = await startServer({ MONGODB_URI: uri, LOG_LEVEL: 'trace', ...tls });
  server.child.kill();
  failing.child.kill();
  const outcomes = await Promise.all([server.ended, failing.ended]);
  const printed = outcomes.map(({ stdout, stderr }) => stdout + stderr).join('');
  const [, key = ''] = readFileSync(join(keyFile), 'utf8').split('\n');
  expect(printed).toContain('listening');
  expect(printed).not.toContain(secret);
  expect(printed).not.toContain(key);
});
