import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { fixtureServer } from '../../src/testing.ts';
import { until } from '../../src/testing/until.ts';
import { newPerson, violations } from './browser.ts';
import { addressIn, openAlone as open, send, titlesIn } from './list-page.ts';

const { url, probes } = await fixtureServer();
beforeEach(async () => void (await probes.deleteMany({})));
const store = (...members: Record<string, unknown>[]) => send('POST', `${url}/probes`, members);
const openList = (query = '', expected: RegExp[] = []) => open(`${url}/#/probes${query}`, undefined, expected);

const THREE = [
  { title: 'Ariel', thrust: 30 },
  { title: 'Belinda', thrust: 10 },
  { title: 'Cordelia', thrust: 20 },
];
const search = (page: Page) => page.getByRole('searchbox', { name: 'Search probes' });
const header = (page: Page, name: string) => page.getByRole('columnheader', { name });

describe('search', () => {
  test('finds as one types, keeps what was typed in the address, and shows all again when it is cleared', async () => {
    await store(...THREE, { title: 'Ariane' });
    const page = await openList();
    await search(page).pressSequentially('ari');
    await until(async () => (await titlesIn(page)).join() === 'Ariel,Ariane');
    expect(addressIn(page)).toBe('#/probes?q=ari');
    await search(page).pressSequentially('a');
    await until(async () => (await titlesIn(page)).join() === 'Ariane');
    await search(page).fill('');
    await until(async () => (await titlesIn(page)).length === 4);
    expect(addressIn(page)).toBe('#/probes');
  });

  test('shows only what was asked for last, in whatever order answers come', async () => {
    await store(...THREE);
    const page = await openList();
    await page.route('**/probes?q=a&*', async (route) => {
      await page.waitForResponse('**/probes?q=bel&*');
      await route.continue().catch(() => {});
    });
    await search(page).fill('a');
    await page.waitForRequest('**/probes?q=a&*');
    await search(page).fill('bel');
    await until(async () => (await titlesIn(page)).join() === 'Belinda');
  });
});

describe('order', () => {
  test('a head sorts upwards, downwards and not at all; the rows and aria-sort say so', async () => {
    await store(...THREE);
    const page = await openList();
    await until(async () => (await titlesIn(page)).length === 3);
    const states: unknown[] = [];
    for (let click = 0; click < 3; click += 1) {
      const before = await titlesIn(page);
      await page.getByRole('button', { name: 'Thrust' }).click();
      await until(async () => (await titlesIn(page)).join() !== before.join());
      states.push([await header(page, 'Thrust').getAttribute('aria-sort'), addressIn(page), await titlesIn(page)]);
    }
    expect(states).toEqual([
      ['ascending', '#/probes?sort=thrust', ['Belinda', 'Cordelia', 'Ariel']],
      ['descending', '#/probes?sort=-thrust', ['Ariel', 'Cordelia', 'Belinda']],
      [null, '#/probes', ['Ariel', 'Belinda', 'Cordelia']],
    ]);
  });

  test('with Shift a second field is added, by keyboard too', async () => {
    await store(...THREE, { title: 'Despina', thrust: 10 });
    const page = await openList('?sort=-thrust');
    await page.getByRole('button', { name: 'Title' }).press('Shift+Enter');
    await until(async () => (await titlesIn(page)).join() === 'Ariel,Cordelia,Belinda,Despina');
    expect(addressIn(page)).toBe('#/probes?sort=-thrust,title');
    expect(await page.getByRole('button', { name: 'Title' }).evaluate((one) => one === document.activeElement)).toBe(
      true,
    );
  });

  test('what no index answers is refused in words; what was entered stays until one removes it', async () => {
    await store(...THREE);
    const page = await openList('?sort=phase', [/400/]);
    await page.getByRole('alert').getByText('No index answers this query.').waitFor();
    expect(addressIn(page)).toBe('#/probes?sort=phase');
    await page.getByRole('button', { name: 'Remove the sort' }).click();
    await until(async () => (await titlesIn(page)).length === 3);
    expect(addressIn(page)).toBe('#/probes');
  });
});

describe('columns', () => {
  test('are chosen, and only what is shown is asked for', async () => {
    await store(...THREE);
    const page = await openList();
    await page.getByRole('row', { name: 'Ariel' }).waitFor();
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('checkbox', { name: 'Title' }).waitFor();
    const others = page.getByRole('checkbox', { checked: true, name: /^(?!Title)/ });
    while ((await others.count()) > 0) await others.first().uncheck();
    const asked = page.waitForRequest(`${url}/probes?fields=title%2Cthrust&limit=50`);
    await page.getByRole('checkbox', { name: 'Thrust' }).check();
    await asked;
    await page.keyboard.press('Escape');
    expect(await page.getByRole('columnheader').allTextContents()).toEqual(['Title', 'Thrust']);
    expect(addressIn(page)).toBe('#/probes?fields=title,thrust');
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('button', { name: 'The usual columns' }).click();
    expect(await page.getByRole('columnheader').count()).toBeGreaterThan(5);
  });
});

describe('the address', () => {
  const QUERY = '?q=a&thrust[gte]=15&sort=-thrust&fields=title,thrust,kind';
  const shown = async (page: Page) => ({
    search: await search(page).inputValue(),
    titles: await titlesIn(page),
    columns: await page.getByRole('columnheader').allTextContents(),
    filters: await page.getByRole('list', { name: 'Filters' }).getByRole('listitem').allTextContents(),
  });
  const EXPECTED = {
    search: 'a',
    titles: ['Ariel', 'Amalthea'],
    columns: ['Title', 'Thrust ↓', 'Kind'],
    filters: ['Thrust is at least 15×'],
  };

  test('holds everything: for others, after loading again, and after coming back from a member', async () => {
    await store(...THREE, { title: 'Amalthea', thrust: 20 }, { title: 'Adrastea', thrust: 1 });
    const page = await openList(QUERY);
    const isThere = () => until(async () => JSON.stringify(await shown(page)) === JSON.stringify(EXPECTED));
    await isThere();
    await page.reload();
    await isThere();
    await page.getByRole('link', { name: 'Ariel' }).click();
    await page.getByRole('heading', { level: 1, name: 'Ariel' }).waitFor();
    await page.goBack();
    await isThere();
  });

  test('a step back takes a filter back', async () => {
    await store(...THREE);
    const page = await openList('?thrust[gte]=15');
    await until(async () => (await titlesIn(page)).length === 2);
    await page.getByRole('button', { name: 'Remove the filter: Thrust is at least 15' }).click();
    await until(async () => (await titlesIn(page)).length === 3);
    await page.goBack();
    await until(async () => (await titlesIn(page)).length === 2);
  });

  test('a parameter that the API does not know is told, never dropped', async () => {
    await store(...THREE);
    const page = await openList('?colour=red', [/400/]);
    await page.getByRole('alert').getByText('colour is unknown').waitFor();
    await page.getByRole('alert').getByRole('button', { name: 'Remove the filter: colour = red' }).click();
    await until(async () => (await titlesIn(page)).length === 3);
  });
});

describe('how many', () => {
  test('is counted only when asked for', async () => {
    await store(...Array.from({ length: 270 }, (_, place) => ({ title: `Moon ${place}` })));
    const page = await openList();
    const preferences: (string | null)[] = [];
    page.on('request', async (request) => preferences.push(await request.headerValue('prefer')));
    await page.getByText('250 loaded, more below').waitFor();
    await page.reload();
    await page.getByText('250 loaded, more below').waitFor();
    expect(preferences.filter(Boolean)).toEqual([]);
    await page.getByRole('button', { name: 'Count all' }).click();
    await page.getByText('270 in all').waitFor();
    expect(preferences.filter(Boolean)).toEqual(['count=exact']);
  });

  test('nothing yet, and nothing that matches, are told apart', async () => {
    const page = await openList();
    await page.getByText('There are no probes yet.').waitFor();
    const narrowed = await openList('?thrust[gte]=5');
    await narrowed.getByText('Nothing matches the search and the filters.').waitFor();
  });
});

test('everything can be done by keyboard', async () => {
  await store(...THREE);
  const page = await openList();
  await page.getByRole('row', { name: 'Ariel' }).waitFor();
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  while ((await focused()) !== 'Add a filter') await press('Tab');
  await press('Enter');
  await page.getByRole('combobox', { name: 'Field' }).waitFor();
  await press('T', 'h', 'Tab', 'Tab');
  await page.keyboard.type('15');
  await press('Enter');
  await until(async () => (await titlesIn(page)).join() === 'Ariel,Cordelia');
  expect(await focused()).toBe('Add a filter');
  while ((await focused()) !== 'Ariel') await press('Tab');
  await press('ArrowDown');
  expect(await focused()).toBe('Cordelia');
  await press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Cordelia' }).waitFor();
});

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test.each([320, 1280])(
    'nothing is wrong for people with disabilities at %i px, and the page is as wide as the window',
    async (width) => {
      await store(...THREE, { title: 'A name that is so long that it does not fit into its column at all', thrust: 7 });
      const person = await newPerson({ colorScheme, viewport: { width, height: 640 } });
      const page = await open(`${url}/#/probes?thrust[gte]=5&title[ne]=x&sort=-thrust`, person);
      await until(async () => (await titlesIn(page)).length === 4);
      expect(await violations(page)).toEqual([]);
      for (const name of ['Add a filter', 'Columns']) {
        await page.getByRole('button', { name, exact: true }).click();
        expect(await violations(page)).toEqual([]);
        await page.keyboard.press('Escape');
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    },
  );
});
