import { Command } from 'commander';
import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../page/tests/chromium.ts';
import { OperatorError } from '../src/operator-error.ts';
import { between, jsonOption, median, runBench, type Bench } from './command.ts';
import { seed } from './database.ts';
import { startServer } from './servers.ts';

const ENGINES = 5000;
const SLOW_LINE = { offline: false, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };

/** Playwright itself looks only twice a second. */
const NOTE_FIRST_ENGINE = `const look = () =>
  requestAnimationFrame(document.querySelector('tbody tr[aria-rowindex]') ? () => (globalThis.shownMs = performance.now()) : look);
look();`;

const options = new Command('npm run bench:page --')
  .description(
    'Opens the page for operators in Chromium with an empty cache on a line of 1.6 Mbit/s, and changes an engine that it shows.',
  )
  .option('--rounds <count>', 'how often', between(1, 50), 5)
  .addOption(jsonOption())
  .parse()
  .opts<{ rounds: number; json?: string }>();

await runBench({ measure, describe, json: options.json, limitSeconds: 60 + options.rounds * 20 });

/** A first view of the page, by the round-trip time of the line. */
interface FirstView {
  roundTripMs: number;
  /** Until the first engine is on the screen. */
  shownMs: number;
  requests: number;
  bytes: number;
}

interface Report {
  firstViews: FirstView[];
  /** How long the main thread works after a change of one of the engines that are shown. */
  repaintMs: number[];
}

async function measure({ db, uri, signal, atEnd }: Bench): Promise<Report> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new OperatorError('There is no Chromium. Install it, or name one by CHROMIUM.');
  const server = startServer('as-it-comes', uri);
  atEnd(() => server.stop());
  const url = await server.listening(signal);
  await seed(db, ENGINES, signal);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  atEnd(() => browser.close());
  const report: Report = { firstViews: [], repaintMs: [] };
  for (let round = 0; round < options.rounds; round += 1)
    for (const roundTripMs of [0, 40, 150]) {
      signal.throwIfAborted();
      report.firstViews.push(await firstView(browser, url, roundTripMs));
    }
  report.repaintMs = await repaints(browser, url, { db, signal });
  return report;
}

async function firstView(browser: Browser, url: string, roundTripMs: number): Promise<FirstView> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const line = await context.newCDPSession(page);
  await line.send('Network.enable');
  await line.send('Network.emulateNetworkConditions', { ...SLOW_LINE, latency: roundTripMs });
  let [requests, bytes] = [0, 0];
  line.on('Network.requestWillBeSent', () => (requests += 1));
  line.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.addInitScript(NOTE_FIRST_ENGINE);
  await page.goto(`${url}/`, { waitUntil: 'commit' });
  await page.getByRole('row').nth(1).waitFor();
  const shownMs = Number(await page.evaluate('shownMs'));
  await context.close();
  return { roundTripMs, shownMs, requests, bytes };
}

async function repaints(
  browser: Browser,
  url: string,
  { db, signal }: Pick<Bench, 'db' | 'signal'>,
): Promise<number[]> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 8000 } });
  const page = await context.newPage();
  await page.goto(`${url}/#/engines?limit=200`);
  await page.getByRole('row').nth(150).waitFor();
  await page.getByText('Live', { exact: true }).first().waitFor();
  const inspector = await context.newCDPSession(page);
  await inspector.send('Performance.enable', { timeDomain: 'threadTicks' }); // not the time in which others work
  const worked = async () => {
    const { metrics } = await inspector.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
  };
  const { _id: id } = (await db.collection('engines').find().sort({ _id: 1 }).next()) ?? {};
  const all: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    signal.throwIfAborted();
    const thrust = 1_000_000 + round;
    const before = await worked();
    await fetch(`${url}/engines/${String(id)}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ thrust }),
    });
    await page.getByText(thrust.toLocaleString('en-US')).waitFor();
    all.push((await worked()) - before);
  }
  await context.close();
  return all;
}

function describe({ firstViews, repaintMs }: Report): string {
  const lines = [...new Set(firstViews.map(({ roundTripMs }) => roundTripMs))].map((roundTripMs) => {
    const those = firstViews.filter((one) => one.roundTripMs === roundTripMs);
    const middle = (name: 'shownMs' | 'requests' | 'bytes') => median(those.map((one) => one[name])).toFixed(0);
    return `first view, 1.6 Mbit/s and ${roundTripMs} ms there and back: ${middle('shownMs')} ms, ${middle('requests')} requests, ${middle('bytes')} bytes`;
  });
  return [...lines, `after an event: ${median(repaintMs).toFixed(1)} ms of work on the main thread`].join('\n');
}
