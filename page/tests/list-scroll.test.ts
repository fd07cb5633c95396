import { beforeAll, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import type { Page } from 'playwright-core';
import { sampleEngine } from '../../src/engines/sample.ts';
import { testServer } from '../../src/testing.ts';
import { until } from '../../src/testing/until.ts';
import { newPerson } from './browser.ts';
import { openAlone, send } from './list-page.ts';

const { url, engines } = await testServer();
const person = await newPerson({ viewport: { width: 1280, height: 2000 } });
let ids: string[] = [];

beforeAll(async () => {
  let drawn = 0;
  const draw = (least: number, most: number) => least + ((drawn += 7919) % (most - least + 1));
  const documents = Array.from({ length: 2000 }, () => sampleEngine(draw, new Date(1.7e12), new Date(1.75e12)));
  await engines.insertMany(documents);
  const sorted = await engines.find({}, { projection: { _id: 1 }, sort: { _id: 1 } }).toArray();
  ids = sorted.map(({ _id }) => String(_id));
});

const openList = (prepare?: (page: Page) => Promise<unknown>, query = '') =>
  openAlone(`${url}/#/relays`, person).then(async (page) => {
    await prepare?.(page);
    await page.evaluate((hash) => (globalThis.location.hash = hash), `#/engines${query}`);
    await first(page).waitFor();
    return page;
  });
const first = (page: Page) => page.locator('tbody tr[aria-rowindex="2"]');

/** Scrolls to the end, and returns the ids of all rows, by their places; and the most rows that were in the document at once. */
const scrollThrough = (page: Page, count: number) =>
  page.evaluate(async (count) => {
    const scroller = document.querySelector('.scroller');
    if (!scroller) throw new Error('there is no list');
    const seen: string[] = [];
    let most = 0;
    for (let idle = 0; seen.length < count && idle < 1000; idle += 1) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const rows = [...scroller.querySelectorAll('tbody tr[aria-rowindex]')];
      most = Math.max(most, rows.length);
      for (const row of rows) {
        if (Number(row.getAttribute('aria-rowindex')) - 2 !== seen.length) continue;
        seen.push(row.querySelector('a')?.href.split('/').at(-1) ?? '');
        idle = 0;
      }
      scroller.scrollTop = seen.length * 36 - 200;
    }
    return { seen, most };
  }, count);

test('thousands of rows scroll to the end: none is lost or repeated, and few are in the document', async () => {
  const page = await openList();
  const { seen, most } = await scrollThrough(page, ids.length);
  expect(seen).toEqual(ids);
  expect(most).toBeLessThan(120);
  await page.getByText('2,000 in all').waitFor();
});

/** The embedded database reads its whole collection for each page, so the test answers for it. */
test('so do twenty thousand', async () => {
  const many = Array.from({ length: 20_000 }, (_, place) => place.toString(16).padStart(24, '0'));
  const page = await openList(
    (page) =>
      page.route('**/engines?*', (route) => {
        const start = Number(new URL(route.request().url()).searchParams.get('after'));
        const end = start + 200;
        const json = many.slice(start, end).map((id) => ({ id, title: `Engine ${id}`, thrust: 1, lastFired: null }));
        const headers = { link: `</engines?limit=200&after=${end}>; rel="next"` };
        return route.fulfill({ json, headers: end < many.length ? headers : {} });
      }),
    '?fields=title',
  );
  const { seen, most } = await scrollThrough(page, many.length);
  expect(seen).toEqual(many);
  expect(most).toBeLessThan(120);
  await page.getByText('20,000 in all').waitFor();
});

test('one comes back from a member to where one was', async () => {
  const page = await openList();
  await until(async () => {
    await page.locator('.scroller').evaluate((one) => (one.scrollTop = 700 * 36));
    return page.locator('tr[aria-rowindex="702"]').isVisible();
  });
  await page.waitForFunction(() => history.state?.row === 700);
  await page.locator('tr[aria-rowindex="712"] a').click();
  await page.getByRole('heading', { level: 1 }).and(page.locator(':not(:text("Engines"))')).waitFor();
  await page.goBack();
  await page.locator('tr[aria-rowindex="712"]').waitFor();
  await until(async () => (await page.locator('.scroller').evaluate(({ scrollTop }) => scrollTop)) === 700 * 36);
  await page.reload();
  await until(async () => (await page.locator('.scroller').evaluate(({ scrollTop }) => scrollTop)) === 700 * 36);
});

test('after an event only the row that has changed is made anew', async () => {
  const page = await openList();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByText('250 loaded').waitFor();
  const id = ids[20];
  await page.evaluate(() => {
    const touched = new Set<Element>();
    Object.assign(globalThis, { touched });
    new MutationObserver((records) => {
      for (const { target } of records) {
        const element = target instanceof Element ? target : target.parentElement;
        touched.add(element?.closest('tr') ?? element ?? document.body);
      }
    }).observe(document.querySelector('table') ?? document, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
  });
  await send('PATCH', `${url}/engines/${id}`, { title: 'Another name' });
  await page.getByRole('row', { name: 'Another name' }).getByText('changed').waitFor();
  const touched = await page.evaluate(() => {
    const rows: Set<Element> = Reflect.get(globalThis, 'touched');
    return [...rows].map((row) => row.getAttribute('aria-rowindex'));
  });
  expect(touched).toEqual(['22']);
});

test('what one looks at stays where it is when a row comes above it', async () => {
  const page = await openList();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByText('250 loaded').waitFor();
  await page.locator('.scroller').evaluate((one) => (one.scrollTop = 100 * 36));
  const link = page.locator(`tr:has(a[href$="${ids[110]}"])`);
  await link.waitFor();
  const before = await link.boundingBox();
  await engines.insertOne({ ...sampleEngine(() => 1, new Date(), new Date()), _id: new ObjectId('0'.repeat(24)) });
  await page.locator(`tr[aria-rowindex="113"]:has(a[href$="${ids[110]}"])`).waitFor();
  expect(await link.boundingBox()).toEqual(before);
});
