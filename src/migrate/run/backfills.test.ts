import { beforeEach, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { readBackfills } from './backfills.ts';
import { openBackfills } from './journal.ts';

const { db } = await testDatabase();
const journal = db.collection<Document & { _id: number }>('migration_journal');
const leases = db.collection<Document & { _id: string }>('migration_lease');

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
const owner = { host: 'elsewhere', pid: 7, command: 'up' };
const run = { fileName: '20260101000000-a.ts', action: 'up', state: 'started', startedAt: ago(90), counts: {} };
/** Of a backfill that is as fast as it was. */
const GOING = { last: 1, done: 30, total: 100, documentsPerSecond: 10, betweenMs: 100, hasEnded: false };

/** Stores a run with checkpoints, whose process has the right to migrate for some seconds more. */
async function store(checkpoints: Document, { leftSeconds = 60, paused = false, more = {} } = {}) {
  await journal.insertOne({ _id: 1, ...run, checkpoints, ...more });
  await leases.insertOne({ _id: 'migrations', owner, leaseId: 'a', token: 1, expiresAt: ago(-leftSeconds) });
  await leases.insertOne({ _id: 'control', paused });
}

beforeEach(async () => Promise.all([journal.deleteMany({}), leases.deleteMany({})]));

test('a backfill that goes on shows its speed, and how long the rest takes', async () => {
  const changedAt = ago(0);
  await store({ 'things%2E x 100%25': { ...GOING, changedAt } });
  expect(await readBackfills(db)).toEqual([
    {
      migration: run.fileName,
      label: 'things. x 100%',
      done: 30,
      total: 100,
      documentsPerSecond: 10,
      secondsLeft: 7,
      startedAt: run.startedAt,
      changedAt,
    },
  ]);
});

test.each<[string, Document, object, number | null]>([
  ['a minute ago, after many quick batches', { changedAt: ago(60) }, {}, null],
  ['a minute ago, after batches of a minute', { changedAt: ago(60), betweenMs: 60_000 }, {}, 10],
  ['just now, and is paused', { changedAt: ago(0) }, { paused: true }, null],
  ['just now, for the first time', { changedAt: ago(0), documentsPerSecond: null, betweenMs: null }, {}, null],
])('a backfill that advanced %s has the speed of now', async (_what, checkpoint, state, documentsPerSecond) => {
  await store({ things: { ...GOING, ...checkpoint } }, state);
  const secondsLeft = documentsPerSecond === null ? null : 7;
  expect(await readBackfills(db)).toMatchObject([{ done: 30, documentsPerSecond, secondsLeft }]);
});

test('what a process of an older version has noted is shown without a speed', async () => {
  await store({ things: { last: 1, done: 30, total: 100 } });
  const unknown = { documentsPerSecond: null, secondsLeft: null, changedAt: null };
  expect(await readBackfills(db)).toMatchObject([{ done: 30, total: 100, ...unknown }]);
});

test('more documents than were there when it began are no time less than none', async () => {
  await store({ things: { ...GOING, done: 120, changedAt: ago(0) } });
  expect(await readBackfills(db)).toMatchObject([{ done: 120, secondsLeft: 0 }]);
});

test('of a run with several backfills those are shown that have not ended', async () => {
  await store({ first: { ...GOING, hasEnded: true }, second: GOING });
  for (const found of [await readBackfills(db), await openBackfills(db)])
    expect(found.map(({ label }) => label)).toEqual(['second']);
});

test.each<[string, object]>([
  ['whose process has lost the right to migrate', { leftSeconds: -1 }],
  ['whose run has ended', { more: { state: 'done' } }],
  ['whose run has failed', { more: { state: 'failed' } }],
])('a backfill %s does not run', async (_what, state) => {
  await store({ things: { ...GOING, changedAt: ago(0) } }, state);
  expect(await readBackfills(db)).toEqual([]);
});

test('a run that was killed and resumed since is over', async () => {
  await store({ things: GOING });
  await journal.insertOne({ ...run, _id: 2, checkpoints: { things: { ...GOING, hasEnded: true } } });
  expect([await readBackfills(db), await openBackfills(db)]).toEqual([[], []]);
});
