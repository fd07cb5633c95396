import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { createKey } from '../../src/access/index.ts';
import { noteBackup } from '../../src/backup-record.ts';
import { sampleDocuments } from '../../src/database/index.ts';
import { sampleEngine } from '../../src/engines/sample.ts';
import { relaysEnded } from '../../src/rest/index.ts';
import { testServer } from '../../src/testing.ts';
import { temporaryFolder } from '../../src/testing/processes.ts';
import { newPerson, open } from './browser.ts';
import { csv, ended, start } from './import-page.ts';

/** Where the pictures are put: those of the documents are made by `SCREENSHOTS=docs/images npm run check:page -- screenshots`. */
const folder = process.env['SCREENSHOTS'] ?? temporaryFolder();

const { url, db, engines } = await testServer();
const closed = await testServer({ settings: { host: '0.0.0.0' } });
let id = '';

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const now = new Date();
  const sample = { count: 500, months: 6, seed: 4, now, make: sampleEngine };
  await engines.insertMany([...sampleDocuments(sample)]);
  await noteBackup(db, { backedUpAt: now, verifiedAt: now, isSound: true }, () => {});
  await createKey(closed.connection, { name: 'operator', role: 'admin' });
  const send = async (method: string, path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    return Object(await response.json());
  };
  ({ id } = await send('POST', '/engines', { title: 'RS-25 E2063', thrust: 2279 }));
  await send('PATCH', `/engines/${id}`, { thrust: 2285, lastFired: '2026-11-01T12:00:00Z' });
  await send('PATCH', `/engines/${id}`, { title: 'RS-25 E2063 (refurbished)' });
  await relaysEnded();
});

/** What is done at each view before its picture is taken. */
const VIEWS: readonly [string, () => string, (page: Page) => Promise<unknown>][] = [
  ['list', () => `${url}/#/engines?q=merlin&thrust[gte]=800`, (page) => page.getByRole('row').nth(8).waitFor()],
  [
    'member',
    () => `${url}/#/engines/${id}`,
    async (page) => {
      await page.getByRole('slider', { name: 'State after a change' }).press('Home');
      await page.getByText('2,279').first().waitFor();
    },
  ],
  ['plots', () => `${url}/#/engines/plots`, (page) => page.locator('canvas').nth(1).waitFor()],
  ['house', () => `${url}/#/house`, (page) => page.getByText('sound').waitFor()],
  [
    'import',
    () => `${url}/#/engines/import`,
    async (page) => {
      await start(page, csv(['Merlin 1D,914', 'RS-25,much', ',5', 'Vinci,180']));
      await ended(page).waitFor();
    },
  ],
  ['sign-in', () => `${closed.url}/`, (page) => page.getByLabel('Key or token').waitFor()],
];

test.each(VIEWS)('a picture of %s', async (name, address, prepare) => {
  const page = await open(address(), await newPerson({ viewport: { width: 1280, height: 800 } }), [/401/]);
  await prepare(page);
  await page.evaluate(() => document.fonts.ready);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  expect(statSync(path).size).toBeGreaterThan(10_000);
});
