import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { testServer } from '../../src/testing.ts';
import { newPerson, open, violations } from './browser.ts';

const { url, engines } = await testServer();

const engine = (number: number) => ({
  title: `Engine ${number}`,
  thrust: number * 10,
  lastFired: number % 4 === 0 ? null : new Date(Date.UTC(2026, number % 3, 1 + (number % 20))),
  createdAt: new Date('2026-01-01T00:00:00Z'),
  updatedAt: new Date('2026-01-01T00:00:00Z'),
});

beforeAll(async () => {
  await engines.insertMany(Array.from({ length: 100 }, (_, number) => engine(number)));
});

const part = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

/** The rows of the table in a part, as their cells. */
async function rowsOf(page: Page, name: string): Promise<string[][]> {
  const rows = part(page, name).getByRole('row');
  await rows.nth(1).waitFor();
  return rows.evaluateAll((all) => all.slice(1).map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
}

/** Whether something is drawn in a part. */
async function isDrawn(page: Page, name: string): Promise<boolean> {
  const canvas = part(page, name).locator('canvas');
  await canvas.waitFor();
  return canvas.evaluate((element) => {
    if (!(element instanceof HTMLCanvasElement)) return false;
    const { data } = element.getContext('2d')?.getImageData(0, 0, element.width, element.height) ?? { data: [] };
    return data.some((value) => value !== 0);
  });
}

describe('the numbers of engines', () => {
  test('show how thrust is distributed, as a plot and as a table', async () => {
    const page = await open(`${url}/#/engines/plots`);
    const name = 'Thrust: distribution';
    expect(await isDrawn(page, name)).toBe(true);
    await part(page, name).getByText('100 values from 0 to 990, 495 on average.').waitFor();
    const rows = await rowsOf(page, name);
    expect(rows).toHaveLength(20);
    expect(rows[0]).toEqual(['0 to below 50', '5']);
    expect(rows.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(100);
  });

  test('show in which months engines fired, or in which other period', async () => {
    const page = await open(`${url}/#/engines/plots`);
    const name = 'Last fired: by month';
    expect(await isDrawn(page, name)).toBe(true);
    expect(await rowsOf(page, name)).toEqual([
      ['None', '25'],
      ['January 2026', '25'],
      ['February 2026', '25'],
      ['March 2026', '25'],
    ]);
    await page.getByLabel('Times by').selectOption('year');
    expect(await rowsOf(page, 'Last fired: by year')).toEqual([
      ['None', '25'],
      ['2026', '75'],
    ]);
    await page.reload();
    expect(await rowsOf(page, 'Last fired: by year')).toHaveLength(2);
  });

  test('show which engines fired last', async () => {
    const page = await open(`${url}/#/engines/plots`);
    const name = 'Last fired: by engine';
    expect(await isDrawn(page, name)).toBe(true);
    const rows = await rowsOf(page, name);
    expect(rows).toHaveLength(50);
    expect(rows[0]?.[0]).toMatch(/^1\. Engine \d+$/);
  });

  test('are those of what a list shows, and say where that is', async () => {
    const page = await open(`${url}/#/engines/plots?thrust[gte]=900`);
    await part(page, 'Thrust: distribution').getByText('10 values from 900 to 990, 945 on average.').waitFor();
    await page.getByRole('link', { name: 'this list' }).click();
    await page.waitForURL('**/#/engines?thrust[gte]=900');
  });

  test('say what is wrong with a filter, in the words of the API', async () => {
    const page = await open(`${url}/#/engines/plots?colour=red`, undefined, [/400/]);
    await part(page, 'Thrust: distribution').getByText('colour').waitFor();
  });

  test.each([
    ['light', 320],
    ['dark', 1280],
  ] as const)('can be used by everybody, in %s colours and %i pixels', async (colorScheme, width) => {
    const person = await newPerson({ colorScheme, viewport: { width, height: 800 } });
    const page = await open(`${url}/#/engines/plots`, person);
    expect(await isDrawn(page, 'Last fired: by engine')).toBe(true);
    await rowsOf(page, 'Updated at: by month');
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
});

test('the numbers of an empty collection say that there are none', async () => {
  const empty = await testServer();
  const page = await open(`${empty.url}/#/engines/plots`);
  await part(page, 'Thrust: distribution').getByText('None has a value.').waitFor();
});
