import { expect, test } from '@jest/globals';
import { testServer } from '../../src/testing.ts';
import { newPerson, open } from './browser.ts';

const { url } = await testServer();

/** `npm run bench:page` says how long this takes on a slow line. */
test('the first view needs few requests and little of a slow line, and looks for no file in vain', async () => {
  const person = await newPerson();
  const asked: { path: string; status: number; bytes: number }[] = [];
  person.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (pathname.startsWith('/engines')) return;
    const length = Number(response.headers()['content-length'] ?? 0);
    asked.push({ path: pathname, status: response.status(), bytes: length });
  });
  const page = await open(url, person);
  await page.getByText('There are no engines yet.').waitFor();
  expect(asked.filter(({ status }) => status !== 200)).toEqual([]);
  expect(asked.length).toBeLessThan(25);
  const scripts = asked.filter(({ path }) => path.startsWith('/page/'));
  expect(scripts.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(35_000);
});
