import { expect, test } from '@jest/globals';
import { testServer } from '../../src/testing.ts';
import { open, violations } from './browser.ts';

const { url } = await testServer();

test('a browser gets the page at /, and the page lists the engines', async () => {
  await fetch(`${url}/engines`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'Merlin 1D', thrust: 981 }),
  });
  const page = await open(url, undefined, [/404/]);
  await page.getByRole('row').filter({ hasText: 'Merlin 1D' }).waitFor();
  expect(await page.title()).toBe('Engines · Spacecraft engine registry');
  expect(await violations(page)).toEqual([]);
});
