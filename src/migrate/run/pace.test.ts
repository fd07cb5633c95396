import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { testDatabase } from '../../testing/database.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { pacer, setControl } from './pace.ts';

const { db } = await testDatabase();

function newPacer(apiUrl: string | null = null) {
  const lines: string[] = [];
  const report = (line: string) => void lines.push(line);
  return { pace: pacer({ maxLagSeconds: 10, apiUrl, apiLatencyMs: 1000, report }), lines };
}

/** Whether something has ended by the time that the pacer has said why it waits. */
async function standsStill(waiting: Promise<void>, lines: readonly string[]): Promise<boolean> {
  let ended = false;
  void waiting.then(() => (ended = true));
  while (lines.length === 0 && !ended) await sleep(5);
  return !ended;
}

test('a backfill stands still while it is paused, and goes on when it is resumed', async () => {
  const { pace, lines } = newPacer();
  await pace(db, 0);
  await setControl(db, { paused: true });
  const waiting = pace(db, 10);
  expect(await standsStill(waiting, lines)).toBe(true);
  expect(lines).toEqual(['Waiting: backfills are paused (npm run migrate:resume ends that).']);
  await setControl(db, {});
  await waiting;
});

test('it goes no faster than its rate', async () => {
  const { pace } = newPacer();
  await setControl(db, { rate: 100 });
  await pace(db, 0);
  const start = performance.now();
  await pace(db, 10);
  await pace(db, 30);
  expect(performance.now() - start).toBeGreaterThan(290);
  await setControl(db, {});
});

test('it stands still while the API fails to answer in time, and says so', async () => {
  let status = 503;
  const api = createServer((_request, response) => response.writeHead(status).end()).listen(0, '127.0.0.1');
  await once(api, 'listening');
  atEnd(() => api.close());
  const address = api.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { pace, lines } = newPacer(`http://127.0.0.1:${port}`);
  const waiting = pace(db, 0);
  expect(await standsStill(waiting, lines)).toBe(true);
  expect(lines).toEqual(['Waiting: the API does not answer, or answers with an error.']);
  status = 200;
  await waiting;
});
