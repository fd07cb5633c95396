import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { testServer } from '../../src/testing.ts';
import { newPerson, violations } from './browser.ts';
import { openAlone as open, send } from './list-page.ts';
import { hasFocus, REFUSED, save, saved } from './member-page.ts';

const { url, engines } = await testServer();
beforeEach(async () => void (await engines.deleteMany({})));

const make = async () => String((await send('POST', `${url}/engines`, { title: 'Merlin', thrust: 981 }))['id']);
const read = (id: string) => send('GET', `${url}/engines/${id}`);
const patch = (id: string, changes: object) => send('PATCH', `${url}/engines/${id}`, changes);

/** Two windows of one person that show the same engine. */
async function twoWindows(): Promise<{ id: string; one: Page; other: Page }> {
  const id = await make();
  const person = await newPerson();
  const [one, other] = [
    await open(`${url}/#/engines/${id}`, person, REFUSED),
    await open(`${url}/#/engines/${id}`, person, REFUSED),
  ];
  await other.getByLabel('Thrust').waitFor();
  return { id, one, other };
}

const merging = (page: Page) => page.getByRole('heading', { name: 'Somebody else has saved changes meanwhile' });
const saveMerged = (page: Page) => page.getByRole('button', { name: 'Save the merged state' });

describe('two windows that edit one engine', () => {
  test('the same field: nothing is overwritten, and the second person decides', async () => {
    const { id, one, other } = await twoWindows();
    await one.getByLabel('Thrust').fill('990');
    await other.getByLabel('Thrust').fill('1000');
    await other.getByLabel('Title').fill('Raptor');
    await save(one);
    await saved(one);
    await other.getByText('Thrust: 981 → 990').waitFor();
    expect(await other.getByLabel('Thrust').inputValue()).toBe('1000');
    await save(other);
    await merging(other).waitFor();
    expect(await hasFocus(merging(other))).toBe(true);
    expect(await violations(other)).toEqual([]);
    await other.getByText('Before: 981').waitFor();
    await other.getByText('Title: Merlin → Raptor').waitFor();
    await saveMerged(other).click();
    await other.getByText('Choose one.').waitFor();
    expect(await hasFocus(other.getByRole('radio', { name: 'Theirs: 990' }))).toBe(true);
    expect(await read(id)).toMatchObject({ thrust: 990, title: 'Merlin' });
    await other.keyboard.press('ArrowDown');
    expect(await other.getByRole('radio', { name: 'Mine: 1,000' }).isChecked()).toBe(true);
    await other.keyboard.press('Enter');
    await saved(other);
    expect(await read(id)).toMatchObject({ thrust: 1000, title: 'Raptor' });
  });

  test('a third value can be entered, and what is saved meanwhile is merged again', async () => {
    const { id, one, other } = await twoWindows();
    await other.getByLabel('Thrust').fill('1000');
    await one.getByLabel('Thrust').fill('990');
    await save(one);
    await saved(one);
    await save(other);
    await merging(other).waitFor();
    await patch(id, { thrust: 991, title: 'Vinci' });
    await other.getByRole('radio', { name: 'Another value' }).check();
    await other.getByLabel('Thrust', { exact: true }).fill('995');
    await saveMerged(other).click();
    await other.getByText('Before: 990').waitFor();
    await other.getByText('Title: Merlin → Vinci').waitFor();
    expect(await read(id)).toMatchObject({ thrust: 991 });
    await other.getByRole('radio', { name: 'Mine: 995' }).check();
    await saveMerged(other).click();
    await saved(other);
    expect(await read(id)).toMatchObject({ thrust: 995, title: 'Vinci' });
  });

  test('other fields: both changes stay', async () => {
    const { id, one, other } = await twoWindows();
    await one.getByLabel('Thrust').fill('990');
    await other.getByLabel('Title').fill('Raptor');
    await save(one);
    await saved(one);
    await save(other);
    await merging(other).waitFor();
    await other.getByText('Thrust: 981 → 990').waitFor();
    expect(await other.getByRole('radio').count()).toBe(0);
    await saveMerged(other).click();
    await saved(other);
    expect(await read(id)).toMatchObject({ thrust: 990, title: 'Raptor' });
  });

  test('the second one is told of the change, also where nothing was typed', async () => {
    const { one, other } = await twoWindows();
    await one.getByLabel('Thrust').fill('990');
    await save(one);
    await other.getByText('Somebody else has just changed this.').waitFor();
    expect(await other.getByLabel('Thrust').inputValue()).toBe('990');
    expect(await one.getByText('Somebody else has just changed this.').count()).toBe(0);
  });

  test('one deletes: the other one restores it with the changes', async () => {
    const { id, one, other } = await twoWindows();
    await other.getByLabel('Thrust').fill('1000');
    await one.getByRole('button', { name: 'Delete' }).click();
    await one.getByText('Deleted Merlin.').waitFor();
    await other.getByText('Somebody has removed this.').waitFor();
    expect(await other.getByLabel('Thrust').inputValue()).toBe('1000');
    await other.getByRole('button', { name: 'Restore it with my changes' }).click();
    await saved(other);
    expect(await read(id)).toMatchObject({ thrust: 1000, title: 'Merlin' });
  });

  test('one changes and deletes: restoring overwrites nothing', async () => {
    const { id, one, other } = await twoWindows();
    await other.getByLabel('Thrust').fill('1000');
    await one.getByLabel('Thrust').fill('990');
    await save(one);
    await saved(one);
    await one.getByRole('button', { name: 'Delete' }).click();
    await other.getByRole('button', { name: 'Restore it with my changes' }).click();
    await merging(other).waitFor();
    await other.getByRole('radio', { name: 'Theirs: 990' }).check();
    await saveMerged(other).click();
    await merging(other).waitFor({ state: 'detached' });
    expect(await read(id)).toMatchObject({ thrust: 990 });
  });

  test('nothing is deleted in a state that was not seen', async () => {
    const { id, one } = await twoWindows();
    let isFirst = true;
    await one.route(`**/engines/${id}`, async (route) => {
      if (isFirst && route.request().method() === 'DELETE') {
        isFirst = false;
        await patch(id, { thrust: 990 });
      }
      await route.continue();
    });
    await one.getByRole('button', { name: 'Delete' }).click();
    await one.getByText('Nothing was deleted').waitFor();
    await one.getByText('Thrust: 981 → 990').first().waitFor();
    expect(await read(id)).toMatchObject({ thrust: 990 });
    await one.getByRole('button', { name: 'Delete it all the same' }).click();
    await one.getByText('Deleted Merlin.').waitFor();
    await expect(read(id)).rejects.toThrow('404');
  });
});

describe('changes that are not saved', () => {
  const question = 'You have changes that are not saved. Leave without them?';

  test('are not left without a question, by a link or a step back', async () => {
    const id = await make();
    const page = await open(`${url}/#/engines`, undefined, REFUSED);
    await page.getByRole('link', { name: 'Merlin' }).click();
    await page.getByLabel('Thrust').fill('990');
    const asked: string[] = [];
    let isLeaving = false;
    page.on('dialog', (dialog) => {
      asked.push(dialog.message());
      void (isLeaving ? dialog.accept() : dialog.dismiss());
    });
    await page.getByRole('link', { name: 'Engines' }).click();
    expect(await page.getByLabel('Thrust').inputValue()).toBe('990');
    await page.evaluate(() => history.back());
    await page.waitForFunction((id) => location.hash.endsWith(id), id);
    expect(await page.getByLabel('Thrust').inputValue()).toBe('990');
    expect(page.url()).toBe(`${url}/#/engines/${id}`);
    isLeaving = true;
    await page.getByRole('link', { name: 'Engines' }).click();
    await page.getByRole('heading', { name: 'Engines' }).waitFor();
    expect(new Set(asked)).toEqual(new Set([question]));
    await page.getByRole('link', { name: 'Merlin' }).click();
    expect(await page.getByLabel('Thrust').inputValue()).toBe('981');
  });

  test('survive loading again, and are saved as changes of what they began with', async () => {
    const id = await make();
    const page = await open(`${url}/#/engines/${id}`, undefined, REFUSED);
    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByLabel('Thrust').fill('990');
    await page.goto('about:blank');
    await patch(id, { thrust: 1000 });
    await page.goto(`${url}/#/engines/${id}`);
    await page.getByText('Thrust: 981 → 1,000').waitFor();
    await page.getByText('These are your changes from before.').waitFor();
    expect(await page.getByLabel('Thrust').inputValue()).toBe('990');
    await save(page);
    await merging(page).waitFor();
    expect(await read(id)).toMatchObject({ thrust: 1000 });
    await page.getByRole('button', { name: 'Discard my changes' }).click();
    expect(await page.getByLabel('Thrust').inputValue()).toBe('1000');
  });
});

test('all is done by the keyboard alone', async () => {
  const page = await open(`${url}/#/engines/new`, undefined, REFUSED);
  await page.getByLabel('Title').focus();
  await page.keyboard.type('Vinci');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('180');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Vinci' }).waitFor();
  await page.getByLabel('Title').focus();
  await page.keyboard.press('End');
  await page.keyboard.type(' 2');
  await page.keyboard.press('Enter');
  await saved(page);
  await page.getByRole('heading', { name: 'Vinci 2' }).waitFor();
  const [stored] = await engines.find({}).toArray();
  expect(stored).toMatchObject({ title: 'Vinci 2', thrust: 180 });
  await page.getByRole('button', { name: 'Delete' }).press('Enter');
  await page.getByRole('button', { name: 'Undo' }).press('Enter');
  await page.getByText('Vinci 2 is back.').waitFor();
  expect(await engines.countDocuments({ title: 'Vinci 2' })).toBe(1);
});
