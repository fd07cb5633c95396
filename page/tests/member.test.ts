import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { testServer } from '../../src/testing.ts';
import { newPerson, open, violations } from './browser.ts';

const { url, engines } = await testServer();

/** The console tells of each answer that is a failure. */
const FAILURES = [/status of 4\d\d/];

async function api(path: string, init: { method?: string; body?: unknown } = {}) {
  const { method = 'GET', body } = init;
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

/** An engine that was just made. */
const engine = (): Promise<Record<string, string>> =>
  api('/engines', {
    method: 'POST',
    body: { title: 'Merlin', thrust: 981, lastFired: '2026-05-01T12:00:00.123Z' },
  });

const openEngine = async (id: string | undefined) => open(`${url}/#/engines/${id}`, await newPerson(), FAILURES);
const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true }).click();

beforeEach(() => engines.deleteMany({}));

describe('the form of an engine', () => {
  test('saves only what was changed, and milliseconds stay', async () => {
    const { id } = await engine();
    const page = await openEngine(id);
    await page.getByRole('heading', { name: 'Merlin' }).waitFor();
    expect(await page.getByLabel('Last fired').inputValue()).toBe('2026-05-01T12:00:00.123');
    const sent = page.waitForRequest((request) => request.method() === 'PATCH');
    await page.getByLabel('Thrust').fill('990');
    await save(page);
    expect((await sent).postDataJSON()).toEqual({ thrust: 990 });
    expect((await sent).headers()['if-match']).toMatch(/^".+"$/);
    await page.getByText('Saved.').waitFor();
    expect(await api(`/engines/${id}`)).toMatchObject({ thrust: 990, lastFired: '2026-05-01T12:00:00.123Z' });
    expect(await violations(page)).toEqual([]);
  });

  test('shows what is wrong at the field, and moves the focus there', async () => {
    const { id } = await engine();
    const page = await openEngine(id);
    await page.getByLabel('Thrust').fill('-1');
    await page.getByLabel('Title').fill('');
    await save(page);
    await page.getByText('Title must not be empty').waitFor();
    await page.getByText('Thrust must be at least 0').waitFor();
    expect(await page.getByLabel('Title').evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await api(`/engines/${id}`)).toMatchObject({ thrust: 981, title: 'Merlin' });
  });
});

describe('two windows that edit one engine', () => {
  test('the same field: the second person decides', async () => {
    const { id } = await engine();
    const [one, other] = [await openEngine(id), await openEngine(id)];
    await one.getByLabel('Thrust').fill('990');
    await other.getByLabel('Thrust').fill('1000');
    await other.getByLabel('Title').fill('Raptor');
    await save(one);
    await one.getByText('Saved.').waitFor();
    await other.getByText('Thrust: 981 → 990').waitFor();
    await save(other);
    await other.getByRole('heading', { name: 'Somebody else has saved changes meanwhile' }).waitFor();
    expect(await violations(other)).toEqual([]);
    await other.getByRole('button', { name: 'Save the merged state' }).click();
    await other.getByText('Choose one.').waitFor();
    expect(await api(`/engines/${id}`)).toMatchObject({ thrust: 990, title: 'Merlin' });
    await other.getByRole('radio', { name: 'Mine: 1,000' }).check();
    await other.getByRole('button', { name: 'Save the merged state' }).click();
    await other.getByText('Saved.').waitFor();
    expect(await api(`/engines/${id}`)).toMatchObject({ thrust: 1000, title: 'Raptor' });
  });
});
