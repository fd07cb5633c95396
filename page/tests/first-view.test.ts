import { expect, test } from '@jest/globals';
import { sampleEngine } from '../../src/engines/sample.ts';
import { testServer } from '../../src/testing.ts';
import { newPerson, open } from './browser.ts';

const { url, engines } = await testServer();
const { insertedId } = await engines.insertOne(sampleEngine(() => 1, new Date(), new Date()));

/** `npm run bench:page` says how long the first view takes on a slow line. */
test.each([
  ['the list', '', 'table', 35_000],
  ['an engine', `#/engines/${String(insertedId)}`, 'form', 60_000],
  ['the plots', '#/engines/plots', 'canvas', 60_000],
  ['the house', '#/house', 'dl', 60_000],
  ['an import', '#/engines/import', 'input[type=file]', 60_000],
])('to show %s on an empty cache needs few requests, and little of a slow line', async (_view, address, part, most) => {
  const person = await newPerson();
  const asked: { path: string; status: number; bytes: number }[] = [];
  person.on('response', (response) => {
    const bytes = Number(response.headers()['content-length'] ?? 0);
    asked.push({ path: new URL(response.url()).pathname, status: response.status(), bytes });
  });
  const page = await open(`${url}/${address}`, person);
  await page.locator(part).first().waitFor();
  expect(asked.filter(({ status }) => status !== 200)).toEqual([]);
  expect(asked.length).toBeLessThanOrEqual(25);
  const scripts = asked.filter(({ path }) => path.startsWith('/page/'));
  expect(scripts.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(most);
});
