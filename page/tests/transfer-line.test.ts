import { describe, expect, test } from '@jest/globals';
import { createKey, revokeKey } from '../../src/access/index.ts';
import { testServer } from '../../src/testing.ts';
import { open } from './browser.ts';
import { ADDRESS, choose, ended, lineOf, openImport, PATIENCE, start, wide, WIDE_ROWS } from './import-page.ts';

describe('on a slow line', () => {
  test('an import shows how far it is, and one that is cancelled says what is stored, and goes on behind that', async () => {
    const { url, engines } = await testServer();
    const page = await openImport(url);
    await page.locator('.drop').waitFor();
    const line = await lineOf(page);
    await line(100_000);
    await start(page, wide);
    await page.getByText(/[1-9]\d* % sent, about \d+ s left/).waitFor();
    await page.getByText(/^[1-9][\d,]* rows are stored/).waitFor(PATIENCE);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await ended(page).waitFor(PATIENCE);
    const words = await page.getByText(/Nothing from line/).innerText();
    const [, stored = '', unsent = ''] =
      /^([\d,]+) rows are stored, .* Nothing from line ([\d,]+) on was stored/.exec(words) ?? [];
    const count = Number(stored.replace(',', ''));
    expect([await engines.countDocuments(), Number(unsent.replace(',', ''))]).toEqual([count, count + 1]);
    expect(count).toBeLessThan(WIDE_ROWS);

    await line(Infinity);
    await page.getByRole('button', { name: 'Go on behind what was sent' }).click();
    await page.getByText('400 rows are stored').waitFor(PATIENCE);
    expect((await engines.distinct('title')).length).toBe(WIDE_ROWS);
  });

  test('one that is stopped at once says which rows may be stored', async () => {
    const { url, engines } = await testServer();
    const page = await openImport(url);
    await page.locator('.drop').waitFor();
    const line = await lineOf(page);
    await line(20_000);
    await start(page, wide);
    await page.getByText(/[1-9]\d* % sent/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Stop at once' }).click();
    await page.getByText(/Of those from line 1 to line \d+, some may be stored without being counted\./).waitFor();
    await page.getByText('You have stopped it.').waitFor();
    expect(await engines.countDocuments()).toBeLessThan(WIDE_ROWS);
  });

  test('all or nothing that is cancelled stores nothing', async () => {
    const { url, engines } = await testServer();
    const page = await openImport(url);
    await page.locator('.drop').waitFor();
    const line = await lineOf(page);
    await line(50_000);
    await choose(page, wide);
    await page.getByLabel('store nothing, and tell of the bad ones').check();
    await page.getByRole('button', { name: 'Start the import' }).click();
    await page.getByText(/[1-9]\d* % sent/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Nothing was stored.').waitFor();
    expect(await engines.countDocuments()).toBe(0);
  });
});

test('a server that is away in the midst of an import is told, and the import goes on when it is back', async () => {
  const { url, engines } = await testServer();
  const page = await openImport(url, [/ERR_/]);
  await page.locator('.drop').waitFor();
  const line = await lineOf(page);
  await line(40_000); // so slow that the pieces stay small, and the last one is far
  await start(page, wide);
  await page.getByText(/^[1-9][\d,]* rows are stored/).waitFor(PATIENCE);
  await line(0);
  await ended(page).waitFor(PATIENCE);
  await page.getByText('The server does not answer. Nothing is lost here').waitFor();
  await page.getByText('some may be stored without being counted').waitFor();
  await line(Infinity);
  await page.getByRole('button', { name: 'Go on behind what was sent' }).click();
  await page.getByText('It has ended.').waitFor();
  expect(await engines.countDocuments()).toBeGreaterThan(100);
});

describe('with keys', () => {
  const closed = { settings: { host: '0.0.0.0' } };

  async function signedIn(role: 'reader' | 'writer', address: string) {
    const server = await testServer(closed);
    const { key, record } = await createKey(server.connection, { name: 'somebody', role });
    const page = await open(`${server.url}/${address}`, undefined, [/401/]);
    await page.getByLabel('Key or token').fill(key);
    await page.getByLabel('Key or token').press('Enter');
    await page.getByText(`somebody (${role})`, { exact: true }).waitFor();
    return { ...server, page, record };
  }

  test('it is not offered to a reader', async () => {
    const { page, url } = await signedIn('reader', '');
    await page.getByRole('heading', { name: 'Engines' }).waitFor();
    expect(await page.getByRole('link', { name: 'Import' }).count()).toBe(0);
    await page.goto(`${url}/${ADDRESS}`);
    await page.getByText('Your key may not add engines.').waitFor();
  });

  test('a key that is revoked meanwhile leads to the form, and what is stored is told', async () => {
    const { page, connection, record, engines } = await signedIn('writer', ADDRESS);
    const line = await lineOf(page);
    await line(100_000);
    await start(page, wide);
    await page.getByText(/^[1-9][\d,]* rows are stored/).waitFor(PATIENCE);
    await revokeKey(connection, record._id);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByText(/The import of fleet.ndjson: [1-9][\d,]* rows are stored/).waitFor(PATIENCE);
    expect(await engines.countDocuments()).toBeLessThan(WIDE_ROWS);
  });
});
