import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { loadSettings } from '../config.ts';
import { serve } from '../serve.ts';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import { FIXTURES } from '../testing/fixtures.ts';
import { links } from '../testing/links.ts';
import { temporaryFolder } from '../testing/processes.ts';
import { cursorSecretOf } from './cursor-secret.ts';

test('a database has one secret, however many processes make it at once', async () => {
  const { connection } = await testDatabase();
  const secrets = await Promise.all(Array.from({ length: 20 }, async () => cursorSecretOf(connection)));
  expect(new Set(secrets).size).toBe(1);
  expect(Buffer.from(String(secrets[0]), 'base64url')).toHaveLength(32);
  expect(await cursorSecretOf(connection)).toBe(secrets[0]);
  expect(await cursorSecretOf((await testDatabase()).connection)).not.toBe(secrets[0]);
});

test('a cursor of one copy of the API is taken by another one, and by one that starts later', async () => {
  const { uri, db } = await testDatabase();
  const start = async (environment: Record<string, string> = {}) => {
    const settings = loadSettings({ PORT: '0', INSTANCE_PATH: temporaryFolder(), MONGODB_URI: uri, ...environment });
    const { url, stop } = await serve(settings, pino({ level: 'silent' }), FIXTURES);
    atEnd(stop);
    return url;
  };
  const first = await start();
  await db.collection('probes').insertMany([{ title: 'Voyager 1' }, { title: 'Voyager 2' }]);
  const { headers } = await fetch(`${first}/probes?limit=1`);
  const next = String(links(headers.get('link') ?? '')['next']);
  const statusAt = async (url: string) => (await fetch(url + next)).status;
  expect(await statusAt(first)).toBe(200);
  expect(await statusAt(await start())).toBe(200);
  expect(await statusAt(await start({ CURSOR_SECRET: 'another' }))).toBe(400);
});
