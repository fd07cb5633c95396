import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { open } from './browser.ts';

/** A file that a person chooses. */
export interface Sent {
  name: string;
  text: string;
}

/** The address of the import of engines. */
export const ADDRESS = '#/engines/import';

/** How long a test waits for the end of an import, which may take long on a busy machine. */
export const PATIENCE = { timeout: 50_000 };

export const csv = (rows: readonly string[]): Sent => ({
  name: 'fleet.csv',
  text: ['title,thrust', ...rows].join('\n'),
});

/** Rows of CSV. They have some length without many words, for which the server would make indexes. */
export const good = (count: number, length = 1): string[] =>
  Array.from({ length: count }, (_, index) => `Engine ${index} ${'.'.repeat(length)},${index}`);

/** A file of 400 kB with few rows, for slow lines: it is sent in three pieces. */
export const WIDE_ROWS = 400;
export const wide: Sent = {
  name: 'fleet.ndjson',
  text: Array.from({ length: WIDE_ROWS }, (_, index) => `{"title":"Engine ${index}"}${' '.repeat(1000)}\n`).join(''),
};

/** With a length of 100 these are about 90 kB, which are sent in two pieces. */
export const MANY = 700;

export const openImport = async (url: string, expected: RegExp[] = [], address = ADDRESS): Promise<Page> =>
  open(`${url}/${address}`, undefined, expected);

export async function choose(page: Page, { name, text }: Sent): Promise<void> {
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: '', buffer: Buffer.from(text) });
}

export async function start(page: Page, sent: Sent): Promise<void> {
  await choose(page, sent);
  await page.getByRole('button', { name: 'Start the import' }).click();
}

/** What is there as soon as an import has ended. */
export const ended = (page: Page) => page.getByRole('button', { name: 'Import another file' });

/** What a button has the browser save: the name and the content. */
export async function downloaded(page: Page, button: string): Promise<[string, string]> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')];
}

/** The line of a page: what it lets through from now on, in bytes per second; nothing at 0. */
export async function lineOf(page: Page) {
  const session = await page.context().newCDPSession(page);
  return async (bytesPerSecond: number) =>
    session.send('Network.emulateNetworkConditions', {
      offline: bytesPerSecond === 0,
      latency: 20,
      downloadThroughput: -1,
      uploadThroughput: bytesPerSecond === Infinity ? -1 : bytesPerSecond,
    });
}
