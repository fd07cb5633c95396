import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createKey, revokeKey } from './access/index.ts';
import { loadSettings } from './config.ts';
import { OperatorError } from './operator-error.ts';
import { serve } from './serve.ts';
import { atEnd } from './testing/cleanup.ts';
import { testDatabase } from './testing/database.ts';
import { openEvents } from './testing/event-source.ts';
import { FIXTURES } from './testing/fixtures.ts';
import { ownMigrations } from './testing/migrations-folder.ts';
import { dial } from './testing/raw-client.ts';
import { temporaryFolder } from './testing/processes.ts';
import { until } from './testing/until.ts';

/** Serves with these settings until the file's tests end; `log` holds what it tells the operator. */
async function start(environment: Record<string, string>) {
  const log: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(line) });
  const settings = loadSettings({ PORT: '0', INSTANCE_PATH: temporaryFolder(), ...environment });
  const { url, stop } = await serve(settings, logger, FIXTURES);
  atEnd(stop);
  return { url, stop, log: () => log.join(''), instance: settings.instancePath };
}

const { uri } = await testDatabase();

describe('the server on MONGODB_URI', () => {
  test('uses that database and starts none', async () => {
    const { uri, db } = await testDatabase();
    const { url, stop, instance } = await start({ MONGODB_URI: uri });
    const headers = { 'content-type': 'application/json' };
    const created = await fetch(`${url}/probes`, { method: 'POST', headers, body: '{"title":"RS-25"}' });
    expect(created.status).toBe(201);
    expect(await db.collection('probes').countDocuments()).toBe(1);
    expect(existsSync(join(instance, 'data'))).toBe(false);
    await stop();
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
  });

  test('ends the streams of events when it stops', async () => {
    const { uri } = await testDatabase();
    const { url, stop } = await start({ MONGODB_URI: uri });
    const source = await openEvents(`${url}/probes/events`);
    await source.when(() => source.lastEventId() !== '');
    const stopped = stop().then(() => 'stopped');
    await source.ended;
    expect(source.response.complete).toBe(true);
    expect(await Promise.race([stopped, sleep(5000, 'still there')])).toBe('stopped');
  });

  test('resets the connection of an export that has no end when its time is over', async () => {
    const { uri, db } = await testDatabase();
    const { url, stop } = await start({ MONGODB_URI: uri, STOP_GRACE_SECONDS: '1' });
    const title = 'x'.repeat(40_000);
    // More than the system holds for a connection.
    const probes = Array.from({ length: 600 }, () => ({ title }));
    await db.collection('probes').insertMany(probes, { bypassDocumentValidation: true });
    const { socket, ended } = dial(url);
    socket.write('GET /probes HTTP/1.0\r\nAccept: text/csv\r\n\r\n');
    await once(socket, 'data');
    socket.pause();
    await stop();
    socket.resume();
    expect(await ended).toBe('reset');
  });

  test('says which migrations are pending', async () => {
    const { uri, db } = await testDatabase();
    await db.createCollection('probes');
    const { url, log } = await start({ MONGODB_URI: uri });
    await until(() => log().includes('migrations are pending'));
    const ready = async () => (await fetch(`${url}/health/ready`)).json();
    expect(await ready()).toEqual({
      status: 'pending',
      newest: ownMigrations.at(-1),
      pending: ownMigrations,
      ahead: [],
    });
    const newer = '20991231000000-of_a_newer_version.ts';
    await db.collection('changelog').insertMany([...ownMigrations, newer].map((fileName) => ({ fileName })));
    expect(await ready()).toMatchObject({ status: 'ahead', pending: [], ahead: [newer] });
  });

  test('listens for others where there is a key, and then asks for it', async () => {
    const { uri, connection } = await testDatabase();
    const { key, record } = await createKey(connection, { name: 'test', role: 'reader' });
    await revokeKey(connection, record._id); // it is enough that there was one
    const { url, log } = await start({ HOST: '0.0.0.0', MONGODB_URI: uri });
    // The key alone leaves the database empty, so that it was initialised.
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect((await fetch(`${url}/probes`)).status).toBe(401);
    expect((await fetch(`${url}/probes`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(401);
    expect(log()).not.toContain('auth is none');
  });

  test('listens for others where tokens are taken', async () => {
    const { uri } = await testDatabase();
    const tokens = { TOKENS_ISSUER: 'https://login.example.com', TOKENS_AUDIENCE: 'engines' };
    const { url } = await start({ HOST: '0.0.0.0', MONGODB_URI: uri, ...tokens });
    expect((await fetch(`${url}/probes`)).status).toBe(401);
  });

  test('is open to others on purpose alone, and warns of that', async () => {
    const { uri, connection } = await testDatabase();
    await createKey(connection, { name: 'test', role: 'reader' });
    const { url, log } = await start({ HOST: '0.0.0.0', AUTH: 'none', MONGODB_URI: uri });
    expect((await fetch(`${url}/probes`)).status).toBe(200);
    expect(log()).toContain('auth is none: whoever reaches this server may read and write everything');
  });

  test.each([
    ['an unreachable database', { MONGODB_URI: 'mongodb://root:s3cret@127.0.0.1:1/x' }, /^MongoDB at .*127\.0\.0\.1:1/],
    ['production without a database', { NODE_ENV: 'production' }, /^MONGODB_URI is not set/],
    ['production with an empty database', { NODE_ENV: 'production', MONGODB_URI: uri }, /is empty\. .*db:init/],
    [
      'an address of another machine',
      { HOST: '192.0.2.1', AUTH: 'none', MONGODB_URI: uri },
      /^This machine cannot listen on 192\.0\.2\.1 \(EADDRNOTAVAIL\)\. Set HOST/,
    ],
    [
      'an address that others reach, while nobody has a key',
      { HOST: '0.0.0.0', MONGODB_URI: uri },
      /^HOST is 0\.0\.0\.0, where others can reach the API, .* keys create --name NAME --role admin, .* AUTH=none\.$/,
    ],
    [
      'a taken port',
      { PORT: new URL(uri).port, MONGODB_URI: uri },
      /^Port \d+ is already in use\. Try PORT=\d+ npm start$/,
    ],
  ])('tells the operator in one line of %s', async (_case, environment, line) => {
    const error = await start(environment).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OperatorError);
    expect(error).toMatchObject({ message: expect.stringMatching(line) });
    expect(error).toMatchObject({ message: expect.not.stringMatching(/s3cret|\n/) });
  });
});
