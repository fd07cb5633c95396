import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { fixtureServer } from '../../src/testing.ts';
import { WHOLE_PROBE } from '../../src/testing/fixtures.ts';
import { newPerson, violations } from './browser.ts';
import { openAlone as open, send } from './list-page.ts';
import { hasFocus, REFUSED, save, saved } from './member-page.ts';

const { url, probes } = await fixtureServer();
beforeEach(async () => void (await probes.deleteMany({})));

const make = async (probe: object = WHOLE_PROBE) => String((await send('POST', `${url}/probes`, probe))['id']);
const read = (id: string) => send('GET', `${url}/probes/${id}`);
const openProbe = (id: string) => open(`${url}/#/probes/${id}`, undefined, REFUSED);

/** Types a time as a person does, to the millisecond. */
const typeTime = (page: Page, label: string, time: string) =>
  page.getByLabel(label).evaluate((input, time) => {
    if (!(input instanceof HTMLInputElement)) throw new Error('this is no input');
    input.value = time;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }, time);

const text = (most: number, least = 0) =>
  fc.string({ unit: 'grapheme', minLength: least, maxLength: most }).filter((one) => !/[\r\n]/.test(one));
const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }).map((one) => one + 0);
const probe = fc.record({
  title: text(30, 1),
  thrust: fc.nat(2 ** 31 - 1),
  lastFired: fc.option(fc.date({ min: new Date(0), max: new Date('2100'), noInvalidDate: true })),
  serial: fc.option(fc.stringMatching(/^[A-Z]{2}-[0-9]{1,6}$/)),
  kind: fc.option(fc.constantFrom('orbiter', 'lander')),
  phase: fc.option(fc.constantFrom('cruise', 'landed')),
  isCrewed: fc.boolean(),
  mass: fc.option(number.map(Math.abs)),
  drift: fc.option(number),
  size: fc.option(fc.record({ radius: number.map(Math.abs), height: number })),
  site: fc.record({ code: text(20), country: text(10) }),
  tags: fc.array(text(5), { maxLength: 3 }),
  instruments: fc.array(fc.record({ name: text(5), mass: number }), { maxLength: 2 }),
});

/** Enters a value into a control of text, or clears it. */
async function enter(page: Page, label: string, value: string | null): Promise<void> {
  const clear = page.getByRole('button', { name: `Clear ${label.toLowerCase()}` });
  if (value !== null) await page.getByLabel(label, { exact: true }).fill(value);
  else if (await clear.isVisible()) await clear.click();
}

test('every kind of field is stored as it was entered', async () => {
  const page = await openProbe(await make());
  const textOf = (value: number | null) => (value === null ? null : String(value));
  await fc.assert(
    fc.asyncProperty(probe, async (wanted) => {
      await probes.deleteMany({});
      const id = await make();
      await page.goto(`${url}/#/probes/${id}`);
      await page.getByText(id).first().waitFor();
      await enter(page, 'Title', wanted.title);
      await enter(page, 'Thrust', String(wanted.thrust));
      if (wanted.lastFired) await typeTime(page, 'Last fired', wanted.lastFired.toISOString().slice(0, -1));
      else await enter(page, 'Last fired', null);
      await enter(page, 'Serial', wanted.serial);
      await page.getByLabel('Kind').selectOption(wanted.kind ?? 'none');
      await page.getByLabel('Phase').selectOption(wanted.phase ?? 'none');
      await page.getByLabel('Is crewed').setChecked(wanted.isCrewed);
      await enter(page, 'Drift', textOf(wanted.drift));
      await enter(page, 'Mass', textOf(wanted.mass));
      if (wanted.size) {
        await enter(page, 'Radius', String(wanted.size.radius));
        await enter(page, 'Height', String(wanted.size.height));
      } else await page.getByRole('button', { name: 'Remove size' }).click();
      await enter(page, 'Code', wanted.site.code);
      await enter(page, 'Country', wanted.site.country);
      await enter(page, 'Tags', JSON.stringify(wanted.tags));
      await enter(page, 'Instruments', JSON.stringify(wanted.instruments));
      await save(page);
      await saved(page);
      const lastFired = wanted.lastFired?.toISOString() ?? null;
      const { serial, kind, mass: weight, drift, size, ...always } = wanted;
      const optional = Object.entries({ serial, kind, mass: weight, drift, size }).filter(
        ([, value]) => value !== null,
      );
      const { bands, carrier } = WHOLE_PROBE;
      const times = { createdAt: expect.any(String), updatedAt: expect.any(String) };
      expect(await read(id)).toEqual({
        id,
        ...always,
        lastFired,
        ...Object.fromEntries(optional),
        bands,
        carrier,
        ...times,
      });
    }),
    { numRuns: 6 },
  );
}, 60_000);

test('a value that was not touched is not sent, and keeps its milliseconds in any zone', async () => {
  const id = await make({ title: 'Voyager', lastFired: '2026-05-01T12:00:00.123Z' });
  const person = await newPerson({ timezoneId: 'Pacific/Chatham' });
  const page = await open(`${url}/#/probes/${id}`, person, REFUSED);
  expect(await page.getByLabel('Last fired').inputValue()).toBe('2026-05-02T00:45:00.123');
  await page.getByText('Pacific/Chatham, GMT+12:45').waitFor();
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await page.getByLabel('Thrust').fill('7');
  await save(page);
  expect((await sent).postDataJSON()).toEqual({ thrust: 7 });
  expect((await sent).headers()['if-match']).toMatch(/^".+"$/);
  await saved(page);
  await typeTime(page, 'Last fired', '2026-05-02T00:45:00.124');
  await save(page);
  await page.getByText('Last fired "2026-05-01T12:00:00.123Z" → "2026-05-01T12:00:00.124Z"').waitFor();
  expect(await read(id)).toMatchObject({ thrust: 7, lastFired: '2026-05-01T12:00:00.124Z' });
});

describe('what breaks a rule', () => {
  test.each([
    ['Title', '', 'Title must not be empty'],
    ['Title', '🚀'.repeat(129), 'Title must have at most 128 characters, and has 129'],
    ['Thrust', '1.5', 'Thrust must be a whole number'],
    ['Thrust', '-1', 'Thrust must be at least 0'],
    ['Thrust', '', 'Thrust is required'],
    ['Drift', '12e', 'Drift must be a number, such as 12 or -1.5e3'],
    ['Drift', '9007199254740993', 'cannot be stored exactly: it would become 9007199254740992'],
    ['Serial', 'x', 'Serial must look like'],
    ['Radius', '-1', 'Radius must be at least 0'],
    ['Tags', '["a",', 'Tags is not JSON'],
    ['Tags', '[1]', 'Tags (/0) must be a text'],
    ['Instruments', '[{"name":"A","mass":1e-400}]', 'Instruments has 1e-400, which cannot be stored exactly'],
    ['Instruments', '[{"mass":1}]', 'Instruments (/0/name) is required'],
  ])('%s %j is told at the field before anything is sent', async (label, value, message) => {
    const id = await make();
    const page = await openProbe(id);
    await page.getByLabel(label, { exact: true }).fill(value);
    await save(page);
    await page.getByText(message).waitFor();
    const control = page.getByLabel(label, { exact: true });
    expect(await hasFocus(control)).toBe(true);
    expect(await control.getAttribute('aria-invalid')).toBe('true');
    expect(await read(id)).toMatchObject(WHOLE_PROBE);
  });

  test('what only the server knows is told at its field, and elsewhere at the top', async () => {
    await make({ ...WHOLE_PROBE, site: {} });
    const id = await make({ title: 'Other', size: { radius: 1 } });
    const page = await openProbe(id);
    await page.getByLabel('Serial').fill('VG-2');
    await save(page);
    await page.getByText('Serial is taken').waitFor();
    expect(await hasFocus(page.getByLabel('Serial'))).toBe(true);
    await page.getByRole('alert').getByText('Another resource has these values already.').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('Serial').fill('VG-3');
    await page.getByLabel('Height').fill('');
    await save(page);
    await page.getByText('Height must be number').waitFor();
    expect(await hasFocus(page.getByLabel('Height'))).toBe(true);
    await page.getByLabel('Height').fill('2');
    await save(page);
    await saved(page);
    expect(await read(id)).toMatchObject({ serial: 'VG-3', size: { radius: 1, height: 2 } });
    await page.getByRole('button', { name: 'Remove size' }).click();
    await save(page);
    await saved(page);
    expect(await read(id)).not.toHaveProperty('size');
    await page.getByRole('button', { name: 'Add size' }).click();
    await page.getByLabel('Radius').fill('3');
    await save(page);
    await saved(page);
    expect(await read(id)).toMatchObject({ size: { radius: 3, height: 1 } });
  });
});

test('a form with every kind of field has no violation in light and dark, and fits 320 px', async () => {
  const id = await make();
  for (const colorScheme of ['light', 'dark'] as const) {
    const person = await newPerson({ colorScheme, viewport: { width: 320, height: 640 } });
    for (const place of [id, 'new']) {
      const page = await open(`${url}/#/probes/${place}`, person, REFUSED);
      await page.getByLabel('Title').fill('');
      await page.getByRole('button', { name: place === 'new' ? 'Create' : 'Save', exact: true }).click();
      await page.getByText('Title').and(page.locator('.failed')).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
      expect(await violations(page)).toEqual([]);
    }
  }
});
