import { describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { noteBackup } from '../../src/backup-record.ts';
import { migrating } from '../../src/migrations.ts';
import { run, setControl, stepsUp } from '../../src/migrate/run/index.ts';
import { serve, testServer } from '../../src/testing.ts';
import { testDatabase } from '../../src/testing/database.ts';
import { migrationsFolder } from '../../src/testing/migrations-folder.ts';
import { createKey, type Role } from '../../src/access/index.ts';
import { newPerson, open, violations } from './browser.ts';

const HOUR_MS = 3_600_000;
const ago = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

const part = (page: Page, name: string) => page.getByRole('region', { name });

const openHouse = async (url: string) => open(`${url}/#/house`);

describe('the house says', () => {
  test('what answers, and that it is well', async () => {
    const { url } = await testServer();
    const page = await openHouse(url);
    await part(page, 'Versions')
      .getByText(/(MongoDB|SecantusDB) \d/)
      .waitFor();
    await part(page, 'Versions')
      .getByText(/standalone|replica set|sharded cluster/)
      .waitFor();
    await part(page, 'Health').getByText('The database answers.').waitFor();
    await part(page, 'Health').getByText('This version is ready').waitFor();
    expect(await page.title()).toBe('House · Spacecraft engine registry');
    expect(await violations(page)).toEqual([]);
  });

  test('what has become of the migrations, the newest first, and what to do', async () => {
    const names = ['20260101000000-first.ts', '20260201000000-second.ts', '20260301000000-third.ts'];
    const { db, connection } = await testDatabase();
    const url = await serve(connection, { migrations: names });
    const newer = '20260415000000-newer.ts';
    const applied = [names[0], newer].map((fileName) => ({ fileName, appliedAt: ago(3) }));
    await db.collection('changelog').insertMany(applied);
    const entry = { action: 'up', counts: { updateMany: 1 }, checkpoints: {} };
    await db.collection('migration_journal').insertOne({ fileName: names[2], state: 'started', ...entry });
    const page = await open(`${url}/#/house`, undefined, [/503/]);
    const migrations = part(page, 'Migrations');
    await migrations.getByText('npx migrate-mongo up').waitFor();
    await migrations.getByText('npm run migrate:resume').waitFor();
    await migrations.getByText('Run that version').waitFor();
    const rows = await migrations.getByRole('listitem').allInnerTexts();
    expect(rows.map((row) => row.replaceAll(/\s+/g, ' ').trim())).toEqual([
      `${newer} unknown 3 h ago`,
      `${names[2]} unfinished`,
      `${names[1]} pending`,
      `${names[0]} applied 3 h ago`,
    ]);
    expect(await migrations.locator('time').first().getAttribute('title')).toMatch(/\d{4}/);
    // Nothing is initialised, so the database takes all that this version writes.
    await part(page, 'Health').getByText('run npx migrate-mongo up').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test.each([
    [{}, ['none', 'The database knows of no backup.']],
    [{ backedUpAt: ago(2) }, ['2 h ago', 'No backup was ever verified.']],
    [{ backedUpAt: ago(80), verifiedAt: ago(79), isSound: true }, ['3 days ago', 'sound', 'older than a day']],
    [{ backedUpAt: ago(2), verifiedAt: ago(1), isSound: false }, ['found defects', '1 h ago', 'Do not rely on it']],
  ])('what is known of backups: %j', async (record, words) => {
    const { db, url } = await testServer();
    if ('backedUpAt' in record) await noteBackup(db, record, () => {});
    const page = await openHouse(url);
    for (const text of words) await part(page, 'Backups').getByText(text).first().waitFor();
  });

  test('nothing of a warning if the last backup is new and sound', async () => {
    const { db, url } = await testServer();
    await noteBackup(db, { backedUpAt: ago(2), verifiedAt: ago(1), isSound: true }, () => {});
    const page = await openHouse(url);
    await part(page, 'Backups').getByText('sound').waitFor();
    expect(await part(page, 'Backups').innerText()).not.toContain('npm run');
  });
});

/** A backfill of so many documents, which waits before its first batch. */
async function backfilling(count: number) {
  const { url, ...database } = await testServer();
  const name = '20260101000000-fill.ts';
  const folder = migrationsFolder({
    [name]: {
      up: `await backfill(db.collection('things'), {
        label: 'things: adding wings', filter: { wings: { $exists: false } }, update: { $set: { wings: 2 } }, batchSize: 200,
      });`,
    },
  });
  await database.db.collection('things').insertMany(Array.from({ length: count }, () => ({})));
  await setControl(database.db, { paused: true });
  const left = () => database.db.collection('things').countDocuments({ wings: { $exists: false } });
  return { url, name, left, ended: run({ ...migrating(database, 'test'), folder }, stepsUp), db: database.db };
}

test('a running backfill is shown, limited, resumed and paused by keyboard alone', async () => {
  const { url, name, left, ended } = await backfilling(3000);
  const page = await openHouse(url);
  const backfills = part(page, 'Backfills');
  const bar = backfills.getByRole('progressbar', { name: `things: adding wings of ${name}` });
  await bar.waitFor();
  await backfills.getByText('documents. Paused.').waitFor();
  expect(await violations(page)).toEqual([]);

  const limit = backfills.getByLabel('Most documents per second');
  await limit.fill('300');
  await limit.press('Enter');
  await backfills.getByText('The limit is 300 per second.').waitFor();
  await backfills.getByRole('button', { name: 'Resume backfills' }).press('Enter');
  await backfills.getByText(/\d per second\. +\d+ (s|min) left\./).waitFor();
  await backfills.getByRole('button', { name: 'Pause backfills' }).press('Enter');
  await backfills.getByText('documents. Paused.').waitFor();
  expect(await left()).toBeGreaterThan(0);

  await limit.fill('');
  await limit.press('Enter');
  await backfills.getByText('No limit is set.').waitFor();
  await backfills.getByRole('button', { name: 'Resume backfills' }).press('Enter');
  await backfills.getByText('None runs.').waitFor({ timeout: 40_000 });
  await ended;
  expect(await left()).toBe(0);
});

describe('who may not do it all', () => {
  const closed = { settings: { host: '0.0.0.0' } };

  async function openAs(role: Role, scopes?: string[]) {
    const { connection, url } = await testServer(closed);
    const { key } = await createKey(connection, { name: 'somebody', role, ...(scopes && { scopes }) });
    const page = await open(`${url}/#/house`, undefined, [/401/]);
    await page.getByLabel('Key or token').fill(key);
    await page.getByLabel('Key or token').press('Enter');
    await part(page, 'Health').getByText('The database answers.').waitFor();
    return page;
  }
  const parts = async (page: Page) => page.locator('main').getByRole('heading', { level: 2 }).allTextContents();

  test('sees no more than the health as a reader', async () => {
    const page = await openAs('reader');
    expect(await parts(page)).toEqual(['Health']);
    await page.getByText('Your key may read no more than this.').waitFor();
  });

  test('sees backfills, and is not offered to steer them', async () => {
    const page = await openAs('admin', ['migrations:read']);
    await part(page, 'Backfills').getByText('They may run as fast as they can.').waitFor();
    expect(await parts(page)).toEqual(['Health', 'Backfills', 'Migrations']);
    expect(await page.locator('main').getByRole('button').count()).toBe(0);
    await page.getByRole('link', { name: 'House' }).waitFor();
  });
});

describe('the house while it is watched', () => {
  test('says when the server is away, and catches up by itself', async () => {
    const { url, db } = await testServer();
    const page = await open(`${url}/#/house`, undefined, [/ERR_INTERNET_DISCONNECTED/]);
    await part(page, 'Backfills').getByText('They run when a migration has one.').waitFor();
    await page.context().setOffline(true);
    await page.getByText('The server does not answer. This page goes on trying').waitFor();
    await part(page, 'Backfills').getByText('This is how it was when the server answered last.').waitFor();
    await setControl(db, { paused: true });
    await page.context().setOffline(false);
    await part(page, 'Backfills').getByText('They are paused.').waitFor();
    expect(await page.getByText('This is how it was').count()).toBe(0);
  });

  test('asks nothing while nobody sees it', async () => {
    const { url, db } = await testServer();
    const page = await openHouse(url);
    await part(page, 'Backfills').getByText('They run when a migration has one.').waitFor();
    let asked = 0;
    const turn = async (state: string) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await turn('hidden');
    page.on('request', () => (asked += 1));
    await setControl(db, { paused: true });
    await page.waitForTimeout(2500); // longer than the time between two questions
    expect(asked).toBe(0);
    await turn('visible');
    await part(page, 'Backfills').getByText('They are paused.').waitFor();
  });

  test('says that it waits on a slow line, each part for itself', async () => {
    const { url } = await testServer();
    const page = await open(url);
    const link = page.getByRole('link', { name: 'House' });
    await link.waitFor();
    const session = await page.context().newCDPSession(page);
    const line = { offline: false, latency: 1500, downloadThroughput: -1, uploadThroughput: -1 };
    await session.send('Network.emulateNetworkConditions', line);
    await link.click();
    for (const name of ['Health', 'Backfills', 'Backups', 'Versions', 'Migrations'])
      await part(page, name).getByText('Asking the server…').waitFor();
    await part(page, 'Health').getByText('The database answers.').waitFor();
  });

  test('says what failed of a change, and offers it again', async () => {
    const { url } = await testServer();
    const page = await open(`${url}/#/house`, undefined, [/ERR_INTERNET_DISCONNECTED/]);
    const pause = part(page, 'Backfills').getByRole('button', { name: 'Pause backfills' });
    await pause.waitFor();
    await page.context().setOffline(true);
    await pause.click();
    await part(page, 'Backfills').getByRole('alert').getByText('The server does not answer.').waitFor();
    await page.context().setOffline(false);
    await pause.click();
    await part(page, 'Backfills').getByText('They are paused.').waitFor();
  });
});

test.each(['light', 'dark'] as const)('the house fits a narrow window and is accessible, %s', async (colorScheme) => {
  const { url } = await testServer();
  const person = await newPerson({ colorScheme, viewport: { width: 320, height: 900 } });
  const page = await open(`${url}/#/house`, person);
  await part(page, 'Versions').getByText(/DB \d/).waitFor();
  await part(page, 'Migrations').waitFor();
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});
