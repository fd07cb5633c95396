import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterEach, expect } from '@jest/globals';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { atEnd } from '../../src/testing/cleanup.ts';
import { findChromium } from './chromium.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** How long a test waits for what must appear. */
const PATIENCE_MS = 15_000;

/** What a page has done that it must not do. */
interface Watched {
  page: Page;
  /** Messages on the console, errors, refused by the policy, requests to other origins. */
  offences: string[];
  /** What a test expects and is no offence: `503`. */
  expected: RegExp[];
}

const watched: Watched[] = [];

afterEach(() => {
  const offences = watched.flatMap(({ offences, expected }) =>
    offences.splice(0).filter((offence) => !expected.some((one) => one.test(offence))),
  );
  expect(offences).toEqual([]);
});

async function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('install Chromium, or name one by CHROMIUM');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic'] });
  atEnd(() => browser.close());
  return browser;
}

let launching: Promise<Browser> | undefined;

/** A person at a browser of their own: nothing is shared with others but the browser's program. */
export async function newPerson(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  launching ??= launch();
  const context = await (await launching).newContext({ locale: 'en-GB', timezoneId: 'UTC', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  atEnd(() => context.close());
  return context;
}

/**
 * Opens an address in a new window. A test fails if the page says something on the console, breaks its policy, or asks another
 * origin for something.
 * @param expected messages that are no offence
 */
export async function open(url: string, person?: BrowserContext, expected: RegExp[] = []): Promise<Page> {
  const page = await (person ?? (await newPerson())).newPage();
  const offences: string[] = [];
  watched.push({ page, offences, expected });
  const { origin } = new URL(url);
  // Whatever the policy refuses is also told on the console.
  page.on('console', (message) => void offences.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => void offences.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (asked.origin !== origin && !['data:', 'blob:'].includes(asked.protocol)) offences.push(`asked ${asked.href}`);
  });
  await page.goto(url);
  return page;
}

/** What axe finds wrong for people with disabilities, as `rule: element`. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations }: { violations: { id: string; nodes: { html: string }[] }[] } = await Reflect.get(
      globalThis,
      'axe',
    ).run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}
