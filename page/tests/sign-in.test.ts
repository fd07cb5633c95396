import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Page } from 'playwright-core';
import { createKey, revokeKey, type Role } from '../../src/access/index.ts';
import { loadSettings } from '../../src/config.ts';
import { testServer } from '../../src/testing.ts';
import { atEnd } from '../../src/testing/cleanup.ts';
import { newPerson, open, violations } from './browser.ts';

/** Chromium tells every refusal and failure on the console. */
const REFUSED = [/401/, /ERR_INTERNET_DISCONNECTED/];

const closed = { host: '0.0.0.0', limits: { ...loadSettings({}).limits, failures: 10_000 } };
const { connection, engines, url } = await testServer({ settings: closed });
await engines.insertOne({
  title: 'RS-25',
  thrust: 2279,
  lastFired: null,
  createdAt: new Date(),
  updatedAt: new Date(),
});
const keyFor = async (role: Role, more = {}) => createKey(connection, { name: `the ${role}`, role, ...more });
const keys = {
  reader: (await keyFor('reader')).key,
  writer: (await keyFor('writer')).key,
  admin: (await keyFor('admin')).key,
};

const field = (page: Page) => page.getByLabel('Key or token');
const heading = (page: Page) => page.getByRole('heading', { name: 'Sign in' });
const engine = (page: Page) => page.getByText('RS-25');

async function enter(page: Page, key: string): Promise<void> {
  await field(page).fill(key);
  await field(page).press('Enter');
}

async function signedIn(key: string, address = ''): Promise<Page> {
  const page = await open(`${url}/${address}`, undefined, REFUSED);
  await enter(page, key);
  await heading(page).waitFor({ state: 'detached' });
  return page;
}

describe('a server that wants keys', () => {
  test('asks for one, shows nothing before, and then what the address names', async () => {
    const address = '#/engines?sort=-thrust';
    const page = await open(`${url}/${address}`, undefined, REFUSED);
    await heading(page).waitFor();
    expect(await field(page).evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await engine(page).count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    await enter(page, ` ${keys.reader}\n`);
    await engine(page).first().waitFor();
    expect(page.url()).toBe(`${url}/${address}`);
    await page.getByText('the reader (reader)', { exact: true }).waitFor();
  });

  test('knows the key after loading again, in this tab alone', async () => {
    const person = await newPerson();
    const page = await open(url, person, REFUSED);
    await enter(page, keys.reader);
    await engine(page).first().waitFor();
    await page.reload();
    await engine(page).first().waitFor();
    const other = await open(url, person, REFUSED);
    await heading(other).waitFor();
  });

  test.each([
    ['reader', []],
    ['writer', []],
    ['admin', ['House']],
  ] as const)('offers a %s beside the lists %j', async (role, more) => {
    const page = await signedIn(keys[role]);
    await engine(page).first().waitFor();
    const links = await page.getByRole('navigation').getByRole('link').allTextContents();
    expect(links).toEqual(['Engines', 'In numbers', ...more, 'API']);
  });

  test('keeps the key out of the address, the log and what outlives the tab', async () => {
    const asked: string[] = [];
    const page = await open(url, undefined, REFUSED);
    page.on('request', (request) => asked.push(request.url()));
    await enter(page, keys.reader);
    await engine(page).first().waitFor();
    const kept = await page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), document.cookie, window.location.href]),
    );
    expect(`${kept} ${asked.join(' ')}`).not.toContain(keys.reader);
    expect(await page.content()).not.toContain(keys.reader);
  });
});

describe('a key that the server does not take is told in its words:', () => {
  const unknown = 'eng_0123456789AB_abcdefghijklmnopqrstuvwxyz0123450BIuUT';
  test.each([
    ['unknown', async () => unknown, 'has a key that is not valid'],
    ['mistyped', async () => keys.reader.replace(/.$/, '!').slice(0, -1), 'has a key with a typing error'],
    ['with a character of no key', async () => `${keys.reader}é`, 'has characters that no key and no token has'],
    ['expired', async () => (await keyFor('reader', { expiresAt: new Date(1) })).key, 'has a key that is not valid'],
    ['revoked', revoked, 'has a key that is not valid'],
  ])('%s', async (_, make, words) => {
    const page = await open(url, undefined, REFUSED);
    await enter(page, await make());
    await page.getByRole('alert').filter({ hasText: words }).waitFor();
    expect(await field(page).getAttribute('aria-invalid')).toBe('true');
    expect(await violations(page)).toEqual([]);
    await enter(page, keys.reader);
    await engine(page).first().waitFor();
  });

  async function revoked(): Promise<string> {
    const { key, record } = await keyFor('reader');
    await revokeKey(connection, record._id);
    return key;
  }

  test('too many tries, with the time to wait', async () => {
    const strict = await testServer({ settings: { ...closed, limits: { ...closed.limits, failures: 4 } } });
    const page = await open(strict.url, undefined, [/401|429/]);
    const words = page.getByRole('alert').filter({ hasText: /Try again after \d+ s/ });
    while ((await words.count()) === 0) {
      await enter(page, unknown);
      await page.getByRole('alert').getByText(/./).first().waitFor();
    }
  });
});

test('a key that is revoked while the page is open leads to the form, with words, and then back', async () => {
  const { key, record } = await keyFor('admin');
  const page = await signedIn(key, '#/house');
  await page.getByRole('heading', { name: 'Versions' }).waitFor();
  await revokeKey(connection, record._id);
  await page.getByText('it was revoked, or it has expired').waitFor();
  expect(await page.getByRole('heading', { name: 'Versions' }).count()).toBe(0);
  expect(page.url()).toBe(`${url}/#/house`);
  expect(await violations(page)).toEqual([]);
  await enter(page, keys.admin);
  await page.getByRole('heading', { name: 'Versions' }).waitFor();
});

test('a token of an issuer signs in just as a key does', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'first' }] });
  const jwks = createServer((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(keys));
  await once(jwks.listen(0, '127.0.0.1'), 'listening');
  atEnd(() => jwks.close());
  const issuer = `http://127.0.0.1:${Object(jwks.address()).port}`;
  const tokens = { ...loadSettings({}).tokens, issuer, audience: 'engines' };
  const server = await testServer({ settings: { ...closed, tokens } });
  const token = async (audience: string) =>
    new SignJWT({ role: 'writer' })
      .setProtectedHeader({ alg: 'ES256', kid: 'first' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('ada')
      .setExpirationTime('1h')
      .sign(privateKey);
  const page = await open(server.url, undefined, REFUSED);
  await enter(page, await token('others'));
  await page.getByRole('alert').getByText('The header Authorization').waitFor();
  await enter(page, await token('engines'));
  await page.getByText('ada (writer)', { exact: true }).waitFor();
});

test('who signs out leaves nothing, also while the server is away', async () => {
  const page = await signedIn(keys.reader);
  await engine(page).first().waitFor();
  await page.context().setOffline(true);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await heading(page).waitFor();
  expect([await engine(page).count(), await page.evaluate(() => sessionStorage.length)]).toEqual([0, 0]);
});

test('on a slow line the form says that it waits, and the person may give up', async () => {
  const page = await open(url, undefined, REFUSED);
  await heading(page).waitFor();
  const session = await page.context().newCDPSession(page);
  const line = { offline: false, downloadThroughput: -1, uploadThroughput: -1 };
  await session.send('Network.emulateNetworkConditions', { ...line, latency: 10_000 });
  await enter(page, keys.reader);
  await page.getByRole('button', { name: 'Asking the server…' }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await session.send('Network.emulateNetworkConditions', { ...line, latency: 0 });
  await enter(page, keys.reader);
  await engine(page).first().waitFor();
});

test('a server that is away is told from a wrong key', async () => {
  const page = await open(url, undefined, REFUSED);
  await heading(page).waitFor();
  await page.context().setOffline(true);
  await enter(page, keys.reader);
  await page.getByRole('alert').filter({ hasText: 'The server does not answer.' }).first().waitFor();
  await page.context().setOffline(false);
  await enter(page, keys.reader);
  await engine(page).first().waitFor();
});

test('a server that wants no keys says so', async () => {
  const free = await testServer();
  const page = await open(`${free.url}/#/sign-in`);
  await page.getByText('This server asks nobody for a key').waitFor();
  expect(await page.getByRole('button', { name: /Sign/ }).count()).toBe(0);
});

test.each(['light', 'dark'] as const)('the form fits a narrow window and is accessible, %s', async (colorScheme) => {
  const person = await newPerson({ colorScheme, viewport: { width: 320, height: 600 } });
  const page = await open(`${url}/#/sign-in`, person, REFUSED);
  await heading(page).waitFor();
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});
