import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { fixtureServer, serve } from '../../src/testing.ts';
import { lineTo } from '../../src/testing/line.ts';
import { standalone } from '../../src/testing/standalone.ts';
import { until } from '../../src/testing/until.ts';
import { openAlone, send, titlesIn } from './list-page.ts';

const { url, probes, connection } = await fixtureServer({ settings: { allowScans: true } });
beforeEach(async () => void (await probes.deleteMany({})));

const create = async (member: Record<string, unknown>) => String((await send('POST', `${url}/probes`, member)).id);
const change = (id: string, patch: Record<string, unknown>) => send('PATCH', `${url}/probes/${id}`, patch);
const remove = (id: string) => send('DELETE', `${url}/probes/${id}`);
const shows = (page: Page, ...titles: string[]) => until(async () => (await titlesIn(page)).join() === titles.join());
const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

/** Opens the list once it follows the changes. @param at another address of the server */
async function openLive(query = '', at = url, expected: RegExp[] = []): Promise<Page> {
  const page = await openAlone(`${at}/#/probes${query}`, undefined, expected);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByText(/in all|loaded, more/).waitFor();
  return page;
}

describe('what another client does', () => {
  test('a change is shown in its row, with a mark that says so in words and goes again, and is announced', async () => {
    const id = await create({ title: 'Ariel', thrust: 1 });
    await create({ title: 'Belinda', thrust: 2 });
    const page = await openLive('?sort=title');
    await change(id, { thrust: 10 });
    await row(page, 'Ariel').getByRole('cell', { name: '10', exact: true }).waitFor();
    expect(await row(page, 'Ariel').getByText('changed').isVisible()).toBe(true);
    await page.getByRole('status').getByText('1 change', { exact: true }).waitFor({ state: 'attached' });
    await row(page, 'Ariel').getByText('changed').waitFor({ state: 'detached' });
    expect(await titlesIn(page)).toEqual(['Ariel', 'Belinda']);
  });

  test('a row goes to the place that its new value has, and a new one comes where it belongs', async () => {
    const id = await create({ title: 'Ariel', thrust: 10 });
    await create({ title: 'Belinda', thrust: 20 });
    const page = await openLive('?sort=thrust');
    await change(id, { thrust: 30 });
    await shows(page, 'Belinda', 'Ariel');
    await create({ title: 'Cordelia', thrust: 25 });
    await shows(page, 'Belinda', 'Cordelia', 'Ariel');
    expect(await row(page, 'Cordelia').getByText('new').isVisible()).toBe(true);
  });

  test.each(['title', '-title', 'mass', '-mass,title', 'lastFired,-title', 'thrust,id'])(
    'comes to where the server has it, in the order %s',
    async (sort) => {
      const page = await openLive(`?sort=${sort}`);
      const titles = ['Z', 'a', 'é', 'E', '😀', '\uFF5E', 'aa', 'A b', '10', '9'];
      for (const [place, title] of titles.entries())
        await create({
          title,
          thrust: place % 3,
          ...(place % 4 > 0 && { mass: (place * 7) % 5 }),
          lastFired: place % 3 > 0 ? `20${20 + (place % 5)}-05-01T12:00:00Z` : null,
        });
      const expected: { title: string }[] = await (await fetch(`${url}/probes?sort=${sort}`)).json();
      await shows(page, ...expected.map(({ title }) => title));
    },
  );

  test('a removed row is marked as removed, then it leaves', async () => {
    const id = await create({ title: 'Ariel' });
    await create({ title: 'Belinda' });
    const page = await openLive();
    await remove(id);
    await row(page, 'Ariel').getByText('removed').waitFor();
    await shows(page, 'Belinda');
  });

  test('with filters: who meets them comes, who no longer does leaves, the others do not matter', async () => {
    const id = await create({ title: 'Ariel', thrust: 10 });
    const page = await openLive('?thrust[gte]=5');
    await create({ title: 'Belinda', thrust: 1 });
    await create({ title: 'Cordelia', thrust: 7 });
    await shows(page, 'Ariel', 'Cordelia');
    await change(id, { thrust: 2 });
    await row(page, 'Ariel').getByText('no longer matches').waitFor();
    await shows(page, 'Cordelia');
  });

  test('in a search, where only the server knows the order, what is new is shown when one wants it', async () => {
    await create({ title: 'Ariel' });
    const page = await openLive('?q=ari');
    await create({ title: 'Ari' });
    await page.getByRole('button', { name: '1 new: show' }).click();
    await shows(page, 'Ari', 'Ariel');
  });

  test('behind what is loaded, it waits until one scrolls there', async () => {
    await send(
      'POST',
      `${url}/probes`,
      Array.from({ length: 201 }, (_, place) => ({ title: 'Moon', thrust: place })),
    );
    const page = await openLive('?sort=thrust&limit=50');
    await create({ title: 'Last', thrust: 1000 });
    await create({ title: 'First', thrust: 0 });
    await row(page, 'First').waitFor();
    expect(await page.getByText(/loaded, more below/).textContent()).toMatch(/^(1[05]1|51) /);
  });
});

describe('no change is missed', () => {
  test('between the stream and the page', async () => {
    const id = await create({ title: 'Ariel', thrust: 1 });
    const page = await openAlone(`${url}/#/relays`);
    // Whatever happens between the moment at which the page was read and the moment at which it arrives comes by the stream.
    const others = await openLive();
    await page.route(
      '**/probes?*',
      async (route) => {
        const response = await route.fetch();
        await change(id, { thrust: 2 });
        await create({ title: 'Belinda' });
        await row(others, 'Belinda').waitFor();
        await route.fulfill({ response });
      },
      { times: 1 },
    );
    await page.evaluate(() => (globalThis.location.hash = '#/probes'));
    await shows(page, 'Ariel', 'Belinda');
    await row(page, 'Ariel').getByRole('cell', { name: '2', exact: true }).waitFor();
  });

  test('when the line is cut: the page says so, and catches up', async () => {
    const ids = [await create({ title: 'Ariel' }), await create({ title: 'Belinda' })];
    const line = await lineTo(`${url}/`);
    const page = await openLive('', `http://${new URL(line.uri).host}`, [/net::ERR/]);
    line.cut();
    await page.getByText('Waiting for changes').waitFor();
    await page.getByRole('alert').getByText('The server does not answer.').waitFor();
    await change(ids[0] ?? '', { title: 'Ariel, changed' });
    await remove(ids[1] ?? '');
    await create({ title: 'Cordelia' });
    const reads: string[] = [];
    page.on('request', (request) => void (/probes\?/.test(request.url()) && reads.push(request.url())));
    await line.restore();
    await shows(page, 'Ariel, changed', 'Cordelia');
    await page.getByText('Live', { exact: true }).waitFor();
    expect(reads).toEqual([]);
  });

  test('while nobody sees the window, which then holds no connection', async () => {
    const id = await create({ title: 'Ariel' });
    const page = await openLive();
    const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('/probes/events'));
    const setHidden = (isHidden: boolean) =>
      page.evaluate((isHidden) => {
        Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await setHidden(true);
    await ended;
    await change(id, { title: 'Belinda' });
    await setHidden(false);
    await row(page, 'Belinda').getByText('changed').waitFor();
  });

  test('when the list was asked for while the API was away: it is read once it is back', async () => {
    await create({ title: 'Ariel' });
    const line = await lineTo(`${url}/`);
    const page = await openAlone(`http://${new URL(line.uri).host}/#/relays`, undefined, [/net::ERR/]);
    await page.getByText('There are no relays yet.').waitFor();
    line.cut();
    await page.evaluate(() => (globalThis.location.hash = '#/probes'));
    await page.getByText('This page tries again by itself.').waitFor();
    await line.restore();
    await shows(page, 'Ariel');
  });

  test('when changes are lost: the list is read again', async () => {
    const page = await openLive();
    await probes.insertOne({ title: 'Ariel', thrust: 1, createdAt: new Date(), updatedAt: new Date() });
    await shows(page, 'Ariel');
    const read = page.waitForRequest('**/probes?limit=50');
    await probes.rename('elsewhere', { dropTarget: true });
    await read;
    await shows(page);
    await connection.db?.collection('elsewhere').rename('probes', { dropTarget: true });
  });
});

test('a database that tells of no changes: the list says so, and is read again by a button', async () => {
  const other = await fixtureServer();
  const at = await serve(standalone(other.connection));
  const page = await openAlone(`${at}/#/probes`, undefined, [/501/]);
  await page.getByText('Not live').waitFor();
  await page.getByText('There are no probes yet.').waitFor();
  await send('POST', `${at}/probes`, { title: 'Ariel' });
  await page.getByRole('button', { name: 'Refresh' }).click();
  await shows(page, 'Ariel');
});
