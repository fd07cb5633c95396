import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { createKey, type Role } from '../../src/access/index.ts';
import { loadSettings } from '../../src/config.ts';
import { serve, testServer } from '../../src/testing.ts';
import { RESOURCES } from '../../src/models.ts';
import { newPerson, violations } from './browser.ts';
import { openAlone as open, send } from './list-page.ts';
import { REFUSED, save, saved } from './member-page.ts';

const { url, engines, connection } = await testServer();
beforeEach(async () => void (await engines.deleteMany({})));

const make = async () => String((await send('POST', `${url}/engines`, { title: 'Merlin', thrust: 981 }))['id']);
const read = (id: string) => send('GET', `${url}/engines/${id}`);
const patch = (id: string, changes: object) => send('PATCH', `${url}/engines/${id}`, changes);
const openEngine = (id: string) => open(`${url}/#/engines/${id}`, undefined, REFUSED);

/** The times of the changes, the oldest first. */
async function timesOf(id: string): Promise<string[]> {
  const response = await fetch(`${url}/engines/${id}/history`);
  const entries: { at: string }[] = await response.json();
  return entries.map(({ at }) => at).toReversed();
}

describe('the history of an engine', () => {
  test('is told in sentences, the newest first, and grows as others change it', async () => {
    const id = await make();
    await patch(id, { thrust: 990, lastFired: '2026-05-01T12:00:00Z' });
    const page = await openEngine(id);
    const changes = page.getByRole('region', { name: 'History' }).getByRole('listitem');
    await changes.filter({ hasText: 'Created, by 127.0.0.1' }).waitFor();
    expect(await changes.first().textContent()).toMatch(
      /^Thrust 981 → 990; Last fired none → 1 May 2026, 12:00:00, by 127.0.0.1, (just now|\d+ s ago) \(\d+ \w+ \d{4}, [\d:]+\)$/,
    );
    await patch(id, { title: 'Merlin 1D' });
    await changes.filter({ hasText: 'Title Merlin → Merlin 1D' }).waitFor();
    expect(await changes.count()).toBe(3);
  });

  test('shows more on demand, and what was before each change there too', async () => {
    const id = await make();
    for (let thrust = 0; thrust < 25; thrust += 1) await patch(id, { thrust });
    const page = await openEngine(id);
    const changes = page.getByRole('region', { name: 'History' }).getByRole('listitem');
    await changes.filter({ hasText: 'Thrust 4 → 5,' }).waitFor();
    expect(await changes.count()).toBe(20);
    await page.getByRole('button', { name: 'Show older' }).click();
    await changes.filter({ hasText: 'Thrust 981 → 0,' }).waitFor();
    expect([await changes.count(), await page.getByRole('button', { name: 'Show older' }).count()]).toEqual([26, 0]);
  });
});

describe('the past', () => {
  test('is seen by a slider, by the keyboard, and is in the address', async () => {
    const id = await make();
    await patch(id, { thrust: 990 });
    await patch(id, { title: 'Raptor' });
    const [created, changed] = await timesOf(id);
    const page = await openEngine(id);
    const slider = page.getByRole('slider', { name: 'State after a change' });
    await slider.press('Home');
    const row = (name: string) => page.getByRole('row').filter({ hasText: name });
    await row('Title').filter({ hasText: 'Raptor (differs)' }).waitFor();
    expect(await row('Thrust').getByRole('cell').allTextContents()).toEqual(['981', '990 (differs)']);
    expect(new URL(page.url()).hash).toContain(encodeURIComponent(String(created)));
    await slider.press('ArrowRight');
    await row('Thrust').filter({ hasText: '990990' }).waitFor();
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^\d+ \w+ \d{4}, [\d:]+$/);
    expect(await violations(page)).toEqual([]);
    await page.reload();
    expect(new URL(page.url()).hash).toContain(encodeURIComponent(String(changed)));
    await row('Title').filter({ hasText: 'Raptor (differs)' }).waitFor();
    await page.getByRole('button', { name: 'Back to now' }).click();
    expect(new URL(page.url()).hash).toBe(`#/engines/${id}`);
  });

  test('is brought back by a change like any other, never over the change of somebody else', async () => {
    const id = await make();
    await patch(id, { thrust: 990, title: 'Raptor' });
    const [created = ''] = await timesOf(id);
    const page = await open(`${url}/#/engines/${id}?at=${created}`, undefined, REFUSED);
    const bringBack = page.getByRole('button', { name: 'Bring this state back' });
    await bringBack.waitFor();
    let isFirst = true;
    await page.route(`**/engines/${id}`, async (route) => {
      if (isFirst && route.request().method() === 'PATCH') {
        isFirst = false;
        await patch(id, { thrust: 1000 });
      }
      await route.continue();
    });
    await bringBack.click();
    await page.getByRole('radio', { name: 'Theirs: 1,000' }).check();
    expect(await read(id)).toMatchObject({ thrust: 1000, title: 'Raptor' });
    await page.getByRole('button', { name: 'Save the merged state' }).click();
    await saved(page);
    expect(await read(id)).toMatchObject({ thrust: 1000, title: 'Merlin' });
    await bringBack.click();
    await saved(page);
    expect(await read(id)).toMatchObject({ thrust: 981, title: 'Merlin' });
  });
});

test.each(['light', 'dark'] as const)('the past fits 320 px, and has no violation in %s', async (colorScheme) => {
  const id = await make();
  await patch(id, { title: 'Merlin-1D-Vacuum-with-a-long-name' });
  const [created = ''] = await timesOf(id);
  const person = await newPerson({ colorScheme, viewport: { width: 320, height: 640 } });
  const page = await open(`${url}/#/engines/${id}?at=${created}`, person, REFUSED);
  await page.getByRole('button', { name: 'Bring this state back' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  expect(await violations(page)).toEqual([]);
});

describe('what was deleted', () => {
  test('comes back by Undo', async () => {
    const id = await make();
    const page = await openEngine(id);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Deleted Merlin.').waitFor();
    await page.getByRole('heading', { name: 'Engines' }).waitFor();
    await expect(read(id)).rejects.toThrow('404');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Merlin is back.').waitFor();
    expect(await read(id)).toMatchObject({ title: 'Merlin', thrust: 981 });
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByRole('heading', { name: 'Merlin' }).waitFor();
  });

  test('is shown as it was, with who has deleted it, and can be restored', async () => {
    const id = await make();
    await send('DELETE', `${url}/engines/${id}`);
    const page = await openEngine(id);
    await page.getByText(/This was deleted by 127\.0\.0\.1, (just now|\d+ s ago)/).waitFor();
    await page.getByRole('heading', { name: 'Merlin' }).waitFor();
    await page.getByRole('definition').filter({ hasText: '981' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Restore' }).click();
    await page.getByLabel('Thrust').waitFor();
    await page.getByText('Restored, by 127.0.0.1').waitFor();
    expect(await read(id)).toMatchObject({ title: 'Merlin', thrust: 981 });
  });

  test('keeps what somebody had typed into its form', async () => {
    const id = await make();
    const page = await openEngine(id);
    await page.getByLabel('Thrust').fill('990');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByRole('heading', { name: 'Merlin' }).waitFor();
    expect(await page.getByLabel('Thrust').inputValue()).toBe('990');
    await save(page);
    await saved(page);
    expect(await read(id)).toMatchObject({ thrust: 990 });
  });

  test('and what never was is told', async () => {
    const page = await openEngine('f'.repeat(24));
    await page.getByText('Nothing is known of this engine.').waitFor();
  });
});

/** An engine on a server that wants keys, as somebody with a role sees it. */
async function openAs(role: Role): Promise<{ page: Page; signIn: () => Promise<void> }> {
  const times = { createdAt: new Date(), updatedAt: new Date() };
  const { insertedId } = await engines.insertOne({ title: 'Merlin', thrust: 981, lastFired: null, ...times });
  const settings = { host: '0.0.0.0', limits: { ...loadSettings({}).limits, failures: 10_000 } };
  const closed = await serve(connection, { resources: RESOURCES, settings });
  const { key } = await createKey(connection, { name: `the ${role}`, role });
  const page = await open(`${closed}/#/engines/${insertedId.toHexString()}`, await newPerson(), REFUSED);
  const signIn = async () => {
    await page.getByLabel('Key or token').fill(key);
    await page.keyboard.press('Enter');
  };
  await signIn();
  return { page, signIn };
}

test('who signs out leaves nothing to the next person at the same window', async () => {
  const { page, signIn } = await openAs('writer');
  await page.getByLabel('Thrust').fill('990');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn();
  await page.getByLabel('Thrust').waitFor();
  expect(await page.getByLabel('Thrust').inputValue()).toBe('981');
});

test('a reader is offered nothing to change', async () => {
  const { page } = await openAs('reader');
  await page.getByRole('definition').filter({ hasText: '981' }).waitFor();
  await page.getByText('No changes are on record.').waitFor();
  for (const name of ['Save', 'Delete']) expect(await page.getByRole('button', { name }).count()).toBe(0);
  expect(await page.getByRole('textbox').count()).toBe(0);
  expect(await violations(page)).toEqual([]);
});
