import { readFile } from 'node:fs/promises';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { createKey } from '../../src/access/key-changes.ts';
import { fixtureServer } from '../../src/testing.ts';
import { lineTo } from '../../src/testing/line.ts';
import { newPerson } from './browser.ts';
import { openAlone } from './list-page.ts';

const { url, connection } = await fixtureServer({ settings: { host: '0.0.0.0' } });
const { key } = await createKey(connection, { name: 'test', role: 'writer' });
const person = await newPerson();
await person.addInitScript((kept) => sessionStorage.setItem('key', kept), key);
const authorization = `Bearer ${key}`;

beforeAll(async () => {
  const members = Array.from({ length: 2000 }, (_, place) => ({
    title: `Moon "${place}",\nso far; né ${place % 7}`,
    thrust: place % 100,
  }));
  const headers = { authorization, 'content-type': 'application/json' };
  await fetch(`${url}/probes`, { method: 'POST', headers, body: JSON.stringify(members) });
});

const QUERY = 'thrust[gte]=50&sort=-thrust,title';
const openList = (at = url) => openAlone(`${at}/#/probes?${QUERY}`, person, [/net::ERR/]);

async function choose(page: Page, format: string): Promise<void> {
  await page.getByText(/in all|loaded, more/).waitFor();
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('button', { name: format }).click();
}

describe.each([
  ['CSV', 'text/csv', 'probes.csv'],
  ['NDJSON', 'application/x-ndjson', 'probes.ndjson'],
])('as %s', (format, accept, name) => {
  test('the file has what the filters find, in their order, loaded or not', async () => {
    const page = await openList();
    const downloading = page.waitForEvent('download');
    await choose(page, format);
    const file = await downloading;
    const expected = await (await fetch(`${url}/probes?${QUERY}`, { headers: { authorization, accept } })).text();
    expect(file.suggestedFilename()).toBe(name);
    expect(await readFile(await file.path(), 'utf8')).toBe(expected);
    await page.getByText('Saved 1,000 rows.').waitFor();
  });
});

test('only what is shown is saved', async () => {
  const page = await openAlone(`${url}/#/probes?thrust[gte]=99&sort=thrust&fields=thrust`, person);
  const downloading = page.waitForEvent('download');
  await choose(page, 'CSV');
  const [head] = (await readFile(await (await downloading).path(), 'utf8')).split('\r\n');
  expect(head).toBe('id,thrust');
});

describe('nothing is saved', () => {
  const saved: string[] = [];
  afterEach(() => expect(saved).toEqual([]));
  const noteDownloads = (page: Page) => page.on('download', (file) => void saved.push(file.suggestedFilename()));

  test('of NDJSON whose end is missing, as behind a proxy that hides it', async () => {
    const page = await openList();
    noteDownloads(page);
    await page.route(
      (address) => address.pathname === '/probes',
      async (route) => {
        if (route.request().headers()['accept'] !== 'application/x-ndjson') return route.fallback();
        const response = await route.fetch();
        const text = await response.text();
        return route.fulfill({ response, body: text.slice(0, text.length / 2) });
      },
    );
    await choose(page, 'NDJSON');
    await page.getByText('Nothing was saved. The export broke off before its end. Try again.').waitFor();
  });

  test('when the line breaks; and when one cancels, which ends the request', async () => {
    const line = await lineTo(`${url}/`);
    const page = await openList(`http://${new URL(line.uri).host}`);
    noteDownloads(page);
    await page.getByText(/in all|loaded, more/).waitFor();
    line.slowDown(0, 40_000);
    await choose(page, 'CSV');
    await page.getByText(/[1-9][\d,]* rows, /).waitFor();
    const ended = page.waitForEvent('requestfailed', (request) => request.headers()['accept'] === 'text/csv');
    await page.getByRole('button', { name: 'Cancel the export' }).click();
    await ended;
    await choose(page, 'CSV');
    await page.getByText(/[1-9][\d,]* rows, /).waitFor();
    line.drop();
    await page.getByText('Nothing was saved. The export broke off before its end. Try again.').waitFor();
  });
});
