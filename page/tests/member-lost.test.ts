import { beforeEach, describe, expect, test } from '@jest/globals';
import { testServer } from '../../src/testing.ts';
import { lineTo } from '../../src/testing/line.ts';
import { until } from '../../src/testing/until.ts';
import { openAlone as open, send } from './list-page.ts';
import { save, saved } from './member-page.ts';

const { url, engines } = await testServer();
/** Between the page and the API. */
const line = await lineTo(url);
const far = `http://127.0.0.1:${new URL(line.uri).port}`;

/** What Chromium says on the console of lost answers and refusals. */
const FAILURES = [/ERR_|status of 4\d\d|status of 503/];

beforeEach(async () => {
  line.breakAnswers(false);
  await engines.deleteMany({});
});
const make = async () => String((await send('POST', `${url}/engines`, { title: 'Merlin', thrust: 981 }))['id']);
const read = (id: string) => send('GET', `${url}/engines/${id}`);
const openPage = (place: string) => open(`${far}/#/engines/${place}`, undefined, FAILURES);

describe('a lost answer', () => {
  test('to a creation: trying again makes no second engine', async () => {
    const page = await openPage('new');
    await page.getByLabel('Title').fill('Vinci');
    line.breakAnswers(true);
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await until(async () => (await engines.countDocuments()) === 1);
    await page.getByText('It is not known whether the server has made this.').waitFor();
    expect(await page.getByLabel('Title').isEditable()).toBe(false);
    const again = page.getByRole('button', { name: 'Try again' });
    const lostAgain = page.waitForEvent('requestfailed', (request) => request.method() === 'POST');
    await again.click();
    await lostAgain;
    line.breakAnswers(false);
    await again.click();
    await page.getByRole('heading', { name: 'Vinci' }).waitFor();
    expect(await engines.countDocuments()).toBe(1);
  });

  test('to a change: the page finds out that it was made', async () => {
    const id = await make();
    const page = await openPage(id);
    await page.getByLabel('Thrust').fill('990');
    line.breakAnswers(true);
    await save(page);
    await until(async () => (await read(id))['thrust'] === 990);
    await page.getByText('It is not known whether it did what you asked for.').waitFor();
    line.breakAnswers(false);
    await saved(page);
    expect(await page.getByLabel('Thrust').inputValue()).toBe('990');
    expect(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled()).toBe(true);
  });

  test('to a change, while somebody else changes the same: nothing is overwritten', async () => {
    const id = await make();
    const page = await openPage(id);
    await page.getByLabel('Thrust').fill('990');
    line.breakAnswers(true);
    await save(page);
    await until(async () => (await read(id))['thrust'] === 990);
    await send('PATCH', `${url}/engines/${id}`, { thrust: 1000 });
    line.breakAnswers(false);
    await page.getByRole('radio', { name: 'Theirs: 1,000' }).waitFor();
    expect(await read(id)).toMatchObject({ thrust: 1000 });
  });
});

test('a 503 behind which the change was made: the page finds that out', async () => {
  const id = await make();
  const page = await openPage(id);
  await page.route(`**/engines/${id}`, async (route) => {
    const isChange = route.request().method() === 'PATCH';
    const response = await route.fetch();
    await route.fulfill({ response, ...(isChange && { status: 503, body: '{}' }) });
  });
  await page.getByLabel('Thrust').fill('990');
  await save(page);
  await page.getByText('Saved: the answer was lost, but your change is there.').waitFor();
  expect(await read(id)).toMatchObject({ thrust: 990 });
});

test('an API that is away during a save: what was typed stays, and the page says that it was not saved', async () => {
  const id = await make();
  const page = await openPage(id);
  await page.getByLabel('Thrust').fill('990');
  line.cut();
  await save(page);
  await page.getByText('The server does not answer. This page goes on trying').waitFor();
  await page.getByText('It is not known whether it did what you asked for.').waitFor();
  expect(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled()).toBe(true);
  await line.restore();
  await page.getByText('Your change was not made').waitFor();
  expect(await page.getByLabel('Thrust').inputValue()).toBe('990');
  expect(await read(id)).toMatchObject({ thrust: 981 });
  await save(page);
  await saved(page);
  expect(await read(id)).toMatchObject({ thrust: 990 });
});

test('a save that is under way cannot be sent again', async () => {
  const id = await make();
  const page = await openPage(id);
  let sent = 0;
  const held: (() => void)[] = [];
  await page.route(`**/engines/${id}`, async (route) => {
    if (route.request().method() !== 'PATCH') return route.continue();
    sent += 1;
    await new Promise<void>((resolve) => held.push(resolve));
    await route.continue();
  });
  await page.getByLabel('Thrust').fill('990');
  await page.getByLabel('Thrust').press('Enter');
  await page.getByRole('button', { name: 'Saving…' }).waitFor();
  expect(await page.getByRole('button', { name: 'Saving…' }).isDisabled()).toBe(true);
  expect(await page.getByLabel('Thrust').isEditable()).toBe(false);
  held[0]?.();
  await saved(page);
  expect(sent).toBe(1);
});
