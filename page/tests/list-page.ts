import { afterEach } from '@jest/globals';
import type { Page } from 'playwright-core';
import { open } from './browser.ts';

const pages: Page[] = [];

afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
});

/** Opens an address for one test: the page is closed behind it, so that it does not follow what others do. */
export async function openAlone(...given: Parameters<typeof open>): Promise<Page> {
  const page = await open(...given);
  pages.push(page);
  return page;
}

/** Changes something over the API, as another client does. @returns the member, if the answer has one */
export async function send(method: string, url: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text === '' ? {} : JSON.parse(text);
}

/** The titles in the rows that are in the document, from top to bottom. */
export const titlesIn = (page: Page): Promise<string[]> => page.locator('tbody th a').allTextContents();

/** Where the page is, as a person reads it. */
export const addressIn = (page: Page): string => decodeURI(new URL(page.url()).hash);
