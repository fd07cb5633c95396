import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { connect } from '../../database/connect.ts';
import { tapTo } from '../../testing/tap.ts';
import { pacer, readControl, setControl, type Control, type ControlChange } from './pace.ts';

const { db, uri } = await testDatabase();

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
  await setControl(db, { paused: false, rate: null });
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
  await setControl(db, { paused: false, rate: null });
});

test('a wait for its rate ends when the rate is taken away, and can be paused', async () => {
  const { pace, lines } = newPacer();
  await setControl(db, { rate: 1 });
  await pace(db, 0);
  const waiting = pace(db, 1_000_000);
  await setControl(db, { paused: true });
  expect(await standsStill(waiting, lines)).toBe(true);
  await setControl(db, { paused: false, rate: null });
  await waiting;
});

test.each<[ControlChange, Control]>([
  [{ paused: true }, { paused: true }],
  [{ rate: 500 }, { paused: true, rate: 500 }],
  [{}, { paused: true, rate: 500 }],
  [{ paused: false }, { paused: false, rate: 500 }],
  [{ rate: null }, { paused: false }],
])('a change to %j leaves %j', async (change, left) => {
  expect(await setControl(db, change)).toMatchObject(left);
  const { paused, rate } = await readControl(db);
  expect({ paused, ...(rate !== undefined && { rate }) }).toEqual(left);
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

/** The database behind a server that says this of itself, and of its members. */
async function describedAs(hello: Document, status: () => Document) {
  const tap = await tapTo(uri, (command) => {
    if ('replSetGetStatus' in command) return status();
    return command['hello'] === 1 && command['$db'] !== 'admin' ? { ok: 1, ...hello } : undefined;
  });
  const connection = await connect(tap.uri, db.databaseName);
  atEnd(() => connection.close());
  return connection.db ?? db;
}

test('it stands still while a secondary is behind, and says so', async () => {
  let seconds = 60;
  const member = (stateStr: string, behind: number) => ({ stateStr, optimeDate: new Date(1e12 - behind * 1000) });
  const status = () => ({ ok: 1, members: [member('PRIMARY', 0), member('SECONDARY', seconds)] });
  const { pace, lines } = newPacer();
  const waiting = pace(await describedAs({ setName: 'rs0' }, status), 0);
  expect(await standsStill(waiting, lines)).toBe(true);
  expect(lines).toEqual(['Waiting: a secondary is 60 s behind.']);
  seconds = 1;
  await waiting;
});

test('it goes on where a router answers, which does not know its secondaries', async () => {
  const { pace, lines } = newPacer();
  const refusal = { ok: 0, errmsg: 'replSetGetStatus is not supported through mongos', info: 'mongos' };
  await pace(await describedAs({ msg: 'isdbgrid' }, () => refusal), 0);
  expect(lines).toEqual([]);
});
