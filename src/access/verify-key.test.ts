import { once } from 'node:events';
import { get, request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import supertest from 'supertest';
import { loadSettings } from '../config.ts';
import { openEvents } from '../testing/event-source.ts';
import { watchedConnection } from '../testing/sent-commands.ts';
import { fixtureServer, serve } from '../testing.ts';
import { until } from '../testing/until.ts';
import { accessKeys } from './access-keys.ts';
import { createKey, revokeKey, rotateKey } from './key-changes.ts';
import { newKeyParts, writeKey } from './key-format.ts';
import type { Grant } from './roles.ts';

/** Callers must say who they are, and may fail as often as they like. */
const settings = { host: '0.0.0.0', limits: { ...loadSettings({}).limits, enabled: false } };
const { connection, uri, url } = await fixtureServer({ settings });
const api = supertest(url);
const bearer = (key: string) => `Bearer ${key}`;
const newKey = async (grant: Grant = { role: 'admin' }) => createKey(connection, { name: 'test', ...grant });

describe('a credential', () => {
  test('that cannot be used is answered in one way, whatever is wrong with it', async () => {
    const right = await newKey();
    const revoked = await newKey();
    await revokeKey(connection, revoked.record._id);
    const expired = await createKey(connection, { name: 'old', role: 'admin', expiresAt: new Date(Date.now() - 1) });
    const wrong = writeKey({ ...newKeyParts(), id: right.record._id });
    const answers = [];
    for (const key of [writeKey(newKeyParts()), wrong, revoked.key, expired.key]) {
      const { status, headers, text } = await api.get('/probes').set('authorization', bearer(key));
      const { date: _date, 'x-request-id': _id, traceparent: _trace, ...others } = headers;
      answers.push({ status, headers: others, text });
    }
    expect(answers[0]).toMatchObject({ status: 401, text: expect.stringContaining('is not valid') });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect((await api.get('/probes').set('authorization', bearer(right.key))).status).toBe(200);
  });

  test.each([
    ['of another scheme', ['Basic dXNlcjpwYXNz'], 'must be Bearer'],
    ['without a key', ['Bearer '], 'must be Bearer'],
    ['with two keys', ['Bearer eng_a eng_b'], 'must be Bearer'],
    ['given twice', ['Bearer eng_a', 'Bearer eng_b'], 'must be there only once'],
    ['with a typing error', [`Bearer ${writeKey(newKeyParts()).slice(0, -1)}`], 'typing error'],
  ])('%s is a 401 that says so', async (_what, authorization, expected) => {
    const headers = authorization.flatMap((value) => ['authorization', value]);
    const asked = get(`${url}/probes`, { headers: ['host', new URL(url).host, ...headers] });
    const [response] = await once(asked, 'response');
    response.resume();
    expect([response.statusCode, response.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining(`realm="engines", error="invalid_token", error_description="Authorization `),
    ]);
    expect(response.headers['www-authenticate']).toContain(expected);
  });

  test('is not put into the log, but its id is', async () => {
    const log: string[] = [];
    const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(line) });
    const logged = supertest(await serve(connection, { logger, settings }));
    const { key, record } = await newKey();
    await logged.get('/probes').set('authorization', bearer(key));
    await until(() => log.length > 0);
    expect(log.join('')).toContain(`"caller":"${record._id}"`);
    expect(log.join('')).not.toContain(key);
    expect(log.join('')).not.toContain('authorization');
  });
});

describe('a key', () => {
  /** How long after now a request was last sent that is answered with this status. */
  async function lastAnswered(server: string, status: number, key?: string): Promise<number> {
    const begun = performance.now();
    for (let last = 0; ;) {
      const sent = performance.now() - begun;
      const response = await fetch(`${server}/probes`, key ? { headers: { authorization: bearer(key) } } : {});
      await response.text();
      if (response.status !== status) return last;
      last = sent;
    }
  }

  test('is in force on every copy of the API within a second of its creation, also the first one', async () => {
    const { connection: other } = await fixtureServer();
    const copies = [await serve(other), await serve(other)];
    for (const copy of copies) expect((await fetch(`${copy}/probes`)).status).toBe(200);
    const { key } = await createKey(other, { name: 'first', role: 'reader' });
    for (const last of await Promise.all(copies.map((copy) => lastAnswered(copy, 200))))
      expect(last).toBeLessThan(1000);
    for (const copy of copies) {
      const { status } = await fetch(`${copy}/probes`, { headers: { authorization: bearer(key) } });
      expect(status).toBe(200);
    }
  });

  test('is out of force on every copy within a second of its revocation', async () => {
    const copies = [url, await serve(connection, { settings })];
    const { key, record } = await newKey();
    for (const copy of copies)
      expect((await fetch(`${copy}/probes`, { headers: { authorization: bearer(key) } })).status).toBe(200);
    await revokeKey(connection, record._id);
    for (const last of await Promise.all(copies.map((copy) => lastAnswered(copy, 200, key))))
      expect(last).toBeLessThan(1000);
  });

  test('that was rotated can be used beside the new one until its time is over', async () => {
    const old = await newKey({ role: 'reader' });
    const fresh = await rotateKey(connection, old.record._id, { overlapMs: 1200 });
    for (const { key } of [old, fresh])
      expect((await api.get('/probes').set('authorization', bearer(key))).status).toBe(200);
    expect(await lastAnswered(url, 200, old.key)).toBeLessThan(1200);
    expect((await api.get('/probes').set('authorization', bearer(fresh.key))).status).toBe(200);
  });

  test('that is revoked ends what its callers still read or send', async () => {
    const { key, record } = await newKey();
    const authorization = bearer(key);
    const source = await openEvents(`${url}/probes/events`, undefined, { authorization });
    expect(source.response.statusCode).toBe(200);
    const headers = { authorization, 'content-type': 'application/x-ndjson', expect: '100-continue' };
    const sent = request(`${url}/probes`, { method: 'POST', headers });
    const broken = new Promise((resolve) => sent.once('error', resolve));
    sent.flushHeaders();
    await once(sent, 'continue'); // the import has begun
    sent.write('{"title":"Voyager"}\n');
    const begun = performance.now();
    await revokeKey(connection, record._id);
    await source.ended;
    expect(await broken).toMatchObject({ code: 'ECONNRESET' });
    expect(performance.now() - begun).toBeLessThan(6000);
  });

  test('remembers when it was used, to the minute', async () => {
    const { key, record } = await newKey();
    const used = async () => (await accessKeys(connection).findOne({ _id: record._id }))?.lastUsedAt;
    await api.get('/probes').set('authorization', bearer(key));
    await until(async () => (await used()) !== undefined);
    const first = await used();
    const { connection: watched, commands } = await accessCommands();
    const other = supertest(await serve(watched, { settings }));
    await other.get('/probes').set('authorization', bearer(key)).expect(200);
    expect(commands).toEqual(['find']);
    expect(await used()).toEqual(first);
    await accessKeys(connection).updateOne(
      { _id: record._id },
      { $set: { lastUsedAt: new Date(Date.now() - 61_000) } },
    );
    const again = supertest(await serve(watched, { settings }));
    for (let request = 0; request < 3; request += 1)
      await again.get('/probes').set('authorization', bearer(key)).expect(200);
    await until(async () => Number(await used()) >= Number(first));
    expect(commands.filter((name) => name === 'update')).toHaveLength(1);
  });
});

/** A connection, and the names of the commands about keys that are sent over it. */
async function accessCommands() {
  const { connection } = await watchedConnection(uri);
  const commands: string[] = [];
  connection.getClient().on('commandStarted', ({ commandName, command }) => {
    if (command['comment'] === 'access') commands.push(commandName);
  });
  return { connection, commands };
}

describe('the database', () => {
  test('is not asked about a key with a typing error', async () => {
    const { connection: watched, commands } = await accessCommands();
    const server = supertest(await serve(watched, { settings }));
    const mistyped = writeKey(newKeyParts()).replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    await server.get('/probes').set('authorization', bearer(mistyped)).expect(401);
    await server.get('/probes').expect(401);
    expect(commands).toEqual([]);
  });

  test('is asked once for requests that come together or soon, about each of two keys', async () => {
    const { connection: watched, commands } = await accessCommands();
    const server = supertest(await serve(watched, { settings }));
    const keys = [writeKey(newKeyParts()), writeKey(newKeyParts())];
    await Promise.all(
      [...keys, ...keys].map((key) => server.get('/probes').set('authorization', bearer(key)).expect(401)),
    );
    expect(commands).toEqual(['find', 'find']);
  });

  test('is asked about a wrong secret of a key in use as about an unknown key', async () => {
    const { connection: watched, commands } = await accessCommands();
    const server = supertest(await serve(watched, { settings }));
    const { key, record } = await newKey();
    await server.get('/probes').set('authorization', bearer(key)).expect(200);
    await until(() => commands.length === 2); // its use is stored
    const wrong = writeKey({ ...newKeyParts(), id: record._id });
    await server.get('/probes').set('authorization', bearer(wrong)).expect(401);
    expect(commands.slice(2)).toEqual(['find']);
  });

  test('is never taken for one without keys while it is away', async () => {
    const { uri: own } = await fixtureServer();
    const { connection: lost } = await watchedConnection(own);
    const server = supertest(await serve(lost));
    await lost.getClient().close();
    expect((await server.get('/probes')).status).toBe(503);
  });
});
