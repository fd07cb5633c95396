import { expect, test } from '@jest/globals';
import supertest from 'supertest';
import { loadSettings } from '../config.ts';
import { fixtureServer, serve } from '../testing.ts';
import { until } from '../testing/until.ts';
import { accessKeys } from './access-keys.ts';
import { createKey, revokeKey } from './key-changes.ts';

const { connection } = await fixtureServer();
await createKey(connection, { name: 'test', role: 'admin' });

test('a database with no key left stays closed, where there was one', async () => {
  const { connection: other } = await fixtureServer();
  // More requests come without a key here than an address may send.
  const settings = { limits: { ...loadSettings({}).limits, failures: 10_000 } };
  const server = await serve(other, { settings });
  const { record } = await createKey(other, { name: 'only', role: 'admin' });
  await until(async () => (await fetch(`${server}/probes`)).status === 401);
  await revokeKey(other, record._id);
  expect((await fetch(`${await serve(other, { settings })}/probes`)).status).toBe(401);
  await accessKeys(other).deleteMany({});
  // Longer than what was read is used.
  const begun = performance.now();
  while (performance.now() - begun < 1200) expect((await fetch(`${server}/probes`)).status).toBe(401);
});

test.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('a database without keys is open on %s', async (host) => {
  const { connection: other } = await fixtureServer();
  expect((await fetch(`${await serve(other, { settings: { host } })}/probes`)).status).toBe(200);
});

test.each(['0.0.0.0', '::', '192.0.2.1', '128.0.0.1', 'engines.example', '127.0.0.1.example', 'fe80::1'])(
  'a database without keys is closed on %s',
  async (host) => {
    const { connection: other } = await fixtureServer();
    expect((await fetch(`${await serve(other, { settings: { host } })}/probes`)).status).toBe(401);
  },
);

test('a database is open whatever its keys are where that was chosen', async () => {
  const open = await serve(connection, { settings: { auth: 'none', host: '0.0.0.0' } });
  expect((await fetch(`${open}/probes`, { headers: { authorization: 'Bearer eng_what' } })).status).toBe(200);
});

test('the description offers a key where none is needed, and demands one where it is', async () => {
  const { connection: other } = await fixtureServer();
  const server = await serve(other);
  const read = async () => (await supertest(server).get('/openapi.json')).body;
  const { components, paths } = await read();
  expect(components.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } });
  expect(paths['/probes'].get.security).toEqual([{ bearer: ['probes:read'] }, {}]);
  await createKey(other, { name: 'first', role: 'reader' });
  await until(async () => (await read()).paths['/probes'].get.security.length === 1);
  expect((await read()).paths['/health'].get.security).toEqual([]);
});
