import { describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { fixtureServer, testServer } from '../../src/testing.ts';
import { newPerson, open, violations } from './browser.ts';
import { ADDRESS, choose, csv, downloaded, ended, good, MANY, openImport, PATIENCE, start } from './import-page.ts';

const cells = async (page: Page) =>
  Promise.all((await page.locator('tbody tr').all()).map(async (row) => row.getByRole('cell').allInnerTexts()));

describe('a file is imported', () => {
  test('by keyboard from the list, with what is stored', async () => {
    const { url, engines } = await testServer();
    const page = await openImport(url, [], '');
    await page.getByRole('link', { name: 'Import' }).press('Enter');
    await page.getByRole('heading', { name: 'Import engines' }).waitFor();
    await choose(page, csv(['"RS-25, block ""II""",2279', '"two\nlines",5']));
    await page.getByText('fleet.csv').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start the import' }).press('Enter');
    await page.getByText('2 rows are stored, 0 rows were rejected.').waitFor();
    await ended(page).waitFor(PATIENCE);
    expect(await ended(page).evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await violations(page)).toEqual([]);
    const titles = (await engines.find().sort({ title: 1 }).toArray()).map(({ title }) => title);
    expect(titles).toEqual(['RS-25, block "II"', 'two\nlines']);
  });

  test('by dropping it', async () => {
    const { url, engines } = await testServer();
    const page = await openImport(url);
    await page.locator('.drop').waitFor();
    const data = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['{"title":"Vinci"}\n'], 'fleet.ndjson'));
      return transfer;
    });
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: data });
    await page.getByRole('button', { name: 'Start the import' }).click();
    await page.getByText('1 row is stored').waitFor();
    expect(await engines.countDocuments()).toBe(1);
  });

  test.each([
    ['fleet.csv', 2500, csv(good(2500, 40)).text],
    [
      'fleet.ndjson',
      MANY,
      good(MANY, 100)
        .map((title) => JSON.stringify({ title }))
        .join('\r\n'),
    ],
    [
      'fleet.json',
      MANY,
      `\u{FEFF} ${JSON.stringify(good(MANY, 100).map((title) => ({ title: `${title} ],[ \\"` })))}\n`,
    ],
  ])('of many rows, in pieces, each row once: %s with %i rows', async (name, count, text) => {
    const { url, engines } = await testServer();
    const page = await openImport(url);
    let requests = 0;
    page.on('request', (request) => (requests += request.method() === 'POST' ? 1 : 0));
    await start(page, { name, text });
    await page.getByText(`${count.toLocaleString('en-GB')} rows are stored, 0 rows were rejected.`).waitFor(PATIENCE);
    await ended(page).waitFor(PATIENCE);
    expect(requests).toBeGreaterThan(1);
    expect((await engines.distinct('title')).length).toBe(count);
    expect(await engines.countDocuments()).toBe(count);
  });
});

describe('bad rows', () => {
  test.each([
    ['csv', 'fleet.csv', (rows: readonly string[]) => `\n${csv(rows).text}\n`, 3],
    ['ndjson', 'fleet.jsonl', (rows: readonly string[]) => rows.map(objectOf).join('\n'), 1],
    ['json', 'fleet.json', (rows: readonly string[]) => `[${rows.map(objectOf).join(' ,\n')}]`, 0],
  ])('are told by their place in the file, whatever piece they are in: %s', async (format, name, write, first) => {
    const { url, engines } = await testServer();
    const page = await openImport(url);
    const rows = good(MANY, 100).map((row, index) => (index % 400 === 200 ? `${row}.5` : row));
    await start(page, { name, text: write(rows) });
    await ended(page).waitFor(PATIENCE);
    await page.getByText('698 rows are stored, 2 rows were rejected.').waitFor();
    expect(await cells(page)).toEqual([
      [String(first + 200), 'Thrust', 'must be integer'],
      [String(first + 600), 'Thrust', 'must be integer'],
    ]);
    expect(await violations(page)).toEqual([]);

    const [reasonsName, reasons] = await downloaded(page, 'Save all reasons');
    expect([reasonsName, reasons.split('\r\n')[2]]).toEqual([
      'fleet-reasons.csv',
      `"${first + 600}","/thrust","type","must be integer"`,
    ]);
    // The rejected rows are a file that can be corrected and imported.
    const [rowsName, rejected] = await downloaded(page, 'Save the rejected rows');
    expect(rowsName).toBe(`fleet-rejected.${format}`);
    await ended(page).click();
    await start(page, { name: rowsName, text: rejected.replaceAll('.5', '') });
    await page.getByText('2 rows are stored, 0 rows were rejected.').waitFor();
    expect(await engines.countDocuments()).toBe(MANY);
  });

  const objectOf = (row: string) => {
    const [title, thrust] = row.split(',');
    return JSON.stringify({ title, thrust: Number(thrust) });
  };

  test('are shown up to a hundred, and all are in the file', async () => {
    const { url } = await testServer();
    const page = await openImport(url, [/422/]);
    await start(page, csv(good(300).map((row) => `${row}.5`)));
    await page.getByText('The first 100 of 300 are shown.').waitFor();
    expect((await cells(page)).length).toBe(100);
    const [, rejected] = await downloaded(page, 'Save the rejected rows');
    expect(rejected.trim().split('\n').length).toBe(301);
  });

  test('keep all others out if the person wants it so', async () => {
    const { url, engines } = await testServer();
    const page = await openImport(url, [/422/]);
    await choose(page, csv([...good(3), 'A,x']));
    await page.getByLabel('store nothing, and tell of the bad ones').check();
    await page.getByRole('button', { name: 'Start the import' }).click();
    await page.getByText('0 rows are stored, 1 row was rejected. Nothing was stored.').waitFor();
    expect([await cells(page), await engines.countDocuments()]).toEqual([[['5', 'Thrust', 'must be integer']], 0]);
  });
});

describe('a file that cannot be imported is told what it lacks:', () => {
  test.each([
    [
      'columns that are none',
      { name: 'a.csv', text: 'wings,title\n2,A' },
      /does not have the right columns.*wings is not a field; the fields are id, title/,
    ],
    ['a JSON array that ends early', { name: 'a.json', text: '[{"title":"A"}' }, /The JSON array is not closed/],
    ['no array', { name: 'a.json', text: '["A"' }, /The JSON array is not closed/],
  ])('%s', async (_, sent, words) => {
    const { url } = await testServer();
    const page = await openImport(url, [/400|422/]);
    await start(page, sent);
    await page.getByText(words).first().waitFor();
    await ended(page).waitFor(PATIENCE);
  });

  test.each([
    ['nothing', '', 'is empty'],
    ['a spreadsheet', 'PK\u0003\u0004\u0000\u0000', 'saved as CSV in UTF-8'],
  ])('%s, before anything is sent', async (_, text, words) => {
    const { url } = await testServer();
    const page = await openImport(url);
    await choose(page, { name: 'fleet.xlsx', text });
    await page.getByRole('alert').filter({ hasText: words }).waitFor();
    expect(await page.getByRole('button', { name: 'Start the import' }).count()).toBe(0);
  });
});

test('another resource is imported just so', async () => {
  const { url, probes } = await fixtureServer();
  const page = await openImport(url, [], '#/probes/import');
  await start(page, { name: 'probes.csv', text: 'title\nA' });
  await page.getByText('1 row is stored').waitFor();
  expect(await probes.countDocuments()).toBe(1);
});

test.each(['light', 'dark'] as const)('it fits a narrow window and is accessible, %s', async (colorScheme) => {
  const { url } = await testServer();
  const person = await newPerson({ colorScheme, viewport: { width: 320, height: 700 } });
  const page = await open(`${url}/${ADDRESS}`, person, [/422/]);
  await choose(page, csv(['A,x', ',5']));
  await page.getByRole('button', { name: 'Start the import' }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Start the import' }).click();
  await page.getByRole('table').waitFor();
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});
