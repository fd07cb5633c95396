import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { fixtureServer } from '../../src/testing.ts';
import { until } from '../../src/testing/until.ts';
import { newPerson } from './browser.ts';
import { addressIn, openAlone, send, titlesIn } from './list-page.ts';

const { url, probes } = await fixtureServer({ settings: { allowScans: true } });
/** Two hours from UTC in summer, one in winter. */
const person = await newPerson({ timezoneId: 'Europe/Berlin' });
const openList = (query = '') => openAlone(`${url}/#/probes${query}`, person, [/400/]);
const chips = (page: Page) => page.getByRole('list', { name: 'Filters' }).getByRole('listitem');
const shows = (page: Page, ...titles: string[]) => until(async () => (await titlesIn(page)).join() === titles.join());

beforeEach(async () => {
  await probes.deleteMany({});
  await send('POST', `${url}/probes`, [
    {
      title: 'Ariel, the first',
      thrust: 5,
      mass: 1.5,
      lastFired: '2026-05-01T10:00:00.000Z',
      kind: 'lander',
      phase: 'landed',
      isCrewed: true,
      carrier: '65a1b2c3d4e5f60718293a4b',
      site: { code: 'LC-41' },
    },
    { title: 'Belinda', thrust: 50, mass: 25.5, lastFired: '2026-12-01T10:00:00.000Z', kind: 'flyby' },
    { title: 'Cordelia', thrust: 500, kind: 'orbiter', phase: 'cruise' },
  ]);
});

/** Chooses in the form: field, condition, value. */
async function enter(page: Page, field: string, condition: string, value?: string | readonly string[]): Promise<void> {
  await page.getByRole('combobox', { name: 'Field' }).selectOption(field);
  await page.getByRole('combobox', { name: 'Condition' }).selectOption(condition);
  if (Array.isArray(value)) for (const one of value) await page.getByRole('checkbox', { name: one }).check();
  else if (typeof value === 'string') {
    const input = page.getByLabel(/^Value/);
    if ((await input.evaluate(({ tagName }) => tagName)) === 'SELECT') await input.selectOption(value);
    else await input.fill(value);
  }
  await page.keyboard.press('Enter');
  if (await page.getByRole('combobox', { name: 'Field' }).isVisible())
    await page.getByRole('button', { name: /the filter$/ }).click();
}

test.each([
  ['Title', 'begins with', 'Ari', 'title[startsWith]=Ari', 'Title begins with Ari', 'Ariel, the first'],
  ['Title', 'contains', 'first', 'title[contains]=first', 'Title contains first', 'Ariel, the first'],
  ['Title', 'is', 'Belinda', 'title[eq]=Belinda', 'Title is Belinda', 'Belinda'],
  [
    'Title',
    'is one of',
    String.raw`Ariel\, the first,Belinda`,
    String.raw`title[in]=Ariel\,+the+first,Belinda`,
    'Title is one of Ariel, the first or Belinda',
    'Ariel, the first,Belinda',
  ],
  ['Thrust', 'is at least', '50', 'thrust[gte]=50', 'Thrust is at least 50', 'Belinda,Cordelia'],
  ['Thrust', 'is less than', '50', 'thrust[lt]=50', 'Thrust is less than 50', 'Ariel, the first'],
  ['Mass', 'is at most', '1.5', 'mass[lte]=1.5', 'Mass is at most 1.5', 'Ariel, the first'],
  ['Mass', 'is not set', undefined, 'mass[exists]=false', 'Mass is not set', 'Cordelia'],
  ['Last fired', 'is set', undefined, 'lastFired[exists]=true', 'Last fired is set', 'Ariel, the first,Belinda'],
  [
    'Last fired',
    'is from',
    '2026-05-01T12:00:01',
    'lastFired[gte]=2026-05-01T10:00:01.000Z',
    'Last fired is from 1 May 2026, 12:00:01',
    'Belinda',
  ],
  [
    'Last fired',
    'is up to',
    '2026-12-01T11:00',
    'lastFired[lte]=2026-12-01T10:00:00.000Z',
    'Last fired is up to 1 Dec 2026, 11:00:00',
    'Ariel, the first,Belinda',
  ],
  [
    'Kind',
    'is one of',
    ['lander', 'orbiter'],
    'kind[in]=orbiter,lander',
    'Kind is one of orbiter or lander',
    'Ariel, the first,Cordelia',
  ],
  ['Phase', 'is', 'cruise', 'phase[eq]=cruise', 'Phase is cruise', 'Cordelia'],
  ['Is crewed', 'is', 'Yes', 'isCrewed[eq]=true', 'Is crewed is Yes', 'Ariel, the first'],
  [
    'Carrier',
    'is',
    '65a1b2c3d4e5f60718293a4b',
    'carrier[eq]=65a1b2c3d4e5f60718293a4b',
    'Carrier is 65a1b2c3d4e5f60718293a4b',
    'Ariel, the first',
  ],
  ['Site code', 'is', 'LC-41', 'site.code[eq]=LC-41', 'Site code is LC-41', 'Ariel, the first'],
] as const)('%s %s %s', async (field, condition, value, query, chip, titles) => {
  const page = await openList();
  await page.getByRole('button', { name: 'Add a filter' }).click();
  await enter(page, field, condition, value);
  await shows(page, titles);
  expect(decodeURIComponent(addressIn(page))).toBe(`#/probes?${query}`);
  expect(await chips(page).allTextContents()).toEqual([`${chip}×`]);
});

describe('a filter', () => {
  test('is changed where it stands, in all its parts, and removed', async () => {
    const page = await openList('?thrust[gte]=50&mass[gte]=1');
    await shows(page, 'Belinda');
    await page.getByRole('button', { name: 'Thrust is at least 50', exact: true }).click();
    expect(await page.getByRole('combobox', { name: 'Condition' }).inputValue()).toBe('gte');
    expect(await page.getByLabel('Value').inputValue()).toBe('50');
    await enter(page, 'Thrust', 'is at most', '49');
    await shows(page, 'Ariel, the first');
    expect(addressIn(page)).toBe('#/probes?mass[gte]=1&thrust[lte]=49');
    await page.getByRole('button', { name: 'Remove the filter: Mass is at least 1' }).click();
    await page.getByRole('button', { name: 'Remove the filter: Thrust is at most 49' }).press('Enter');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Add a filter');
    await shows(page, 'Ariel, the first', 'Belinda', 'Cordelia');
  });

  test('that was typed into the address is a chip, also in its short form', async () => {
    const page = await openList('?thrust=50&title[in]=Belinda,Cordelia');
    await shows(page, 'Belinda');
    expect(await chips(page).allTextContents()).toEqual([
      'Thrust is 50×',
      'Title is one of Belinda or Cordelia×',
      'Remove all filters',
    ]);
    await page.getByRole('button', { name: 'Remove all filters' }).click();
    await shows(page, 'Ariel, the first', 'Belinda', 'Cordelia');
  });

  test('that the API refuses stays as it was entered, beside what is wrong with it', async () => {
    const page = await openList('?thrust[gte]=much');
    await page.getByRole('alert').getByText('thrust[gte]').waitFor();
    expect(await chips(page).allTextContents()).toEqual(['Thrust is at least much×']);
  });

  test('a time is edited in the time of this place, and none of it is lost', async () => {
    const page = await openList('?lastFired[gte]=2026-05-01T09:59:59.5Z');
    await shows(page, 'Ariel, the first', 'Belinda');
    await page.getByRole('button', { name: /^Last fired is from/ }).click();
    expect(await page.getByLabel('Value').inputValue()).toBe('2026-05-01T11:59:59.5');
  });
});
