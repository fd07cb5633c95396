import { hostname } from 'node:os';
import { expect, test } from '@jest/globals';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import type { LeaseDocument } from './document.ts';
import type { Lease } from './keep.ts';
import { readHolder, takeLease, type Terms } from './lease.ts';
import { processSpace } from './owner.ts';
import { MIGRATIONS, RESTORE, SCRATCH, type Place } from './places.ts';

const GONE = 2 ** 22 + 1; // above Linux's largest process id

const emptyDatabase = async () => (await testDatabase()).db;
type Db = Awaited<ReturnType<typeof emptyDatabase>>;

async function tryToTake(db: Db, place: Place, terms: Partial<Terms> = {}) {
  const owner = { host: 'here', pid: 1, command: 'test' };
  const outcome = await takeLease(db, place, { owner, leaseSeconds: 10, lost: 'It is lost.', ...terms });
  if (outcome.lease) atEnd(outcome.lease.release); // also of a test that fails: heartbeats would keep the run from ending
  return outcome;
}

async function take(db: Db, place: Place, terms?: Partial<Terms>): Promise<Lease> {
  const { lease, holder } = await tryToTake(db, place, terms);
  if (lease) return lease;
  throw new Error(`held by ${holder.description}`);
}

const documents = (db: Db, place: Place) => db.collection<LeaseDocument>(place.collection);
const names = async (db: Db) => (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);

/** A document as another process leaves it that sent its last heartbeat just now. */
async function leave(db: Db, document: Partial<LeaseDocument>): Promise<void> {
  const owner = { host: hostname(), pid: GONE, command: 'test' };
  const [renewedAt, expiresAt] = [new Date(), new Date(Date.now() + 10_000)];
  const left = { token: 7, leaseId: 'another', space: processSpace(), owner, renewedAt, expiresAt, ...document };
  await documents(db, SCRATCH).insertOne({ _id: SCRATCH.id, ...left });
}

test.each<[string, Partial<LeaseDocument>, Partial<Terms>, boolean]>([
  ['that has ended, where that counts', {}, { endsWithProcess: true }, true],
  ['that has ended, where a last write could do harm', {}, {}, false],
  ['that runs', { owner: { host: hostname(), pid: process.ppid, command: 'test' } }, { endsWithProcess: true }, false],
  ['of another machine or container', { space: 'of elsewhere' }, { endsWithProcess: true }, false],
  ['of a system that does not tell its processes apart', { space: null }, { endsWithProcess: true }, false],
  ['that is silent', { space: 'of elsewhere', expiresAt: new Date(0) }, {}, true],
])('the lease of a process %s', async (_whose, document, terms, isFree) => {
  const db = await emptyDatabase();
  await leave(db, document);
  const { lease, holder } = await tryToTake(db, SCRATCH, terms);
  expect([lease?.token, holder?.owner?.host]).toEqual(isFree ? [8, undefined] : [undefined, hostname()]);
});

test.each([
  ['sent a heartbeat just now', new Date(), false],
  ['is silent', new Date(Date.now() - 60_000), true],
])('the document of a version without leases, whose process %s', async (_what, renewedAt, isFree) => {
  const db = await emptyDatabase();
  const owner = { host: 'elsewhere', pid: 1, command: '' };
  await db
    .collection<{ _id: string }>(RESTORE.collection)
    .insertOne(Object.assign({ _id: RESTORE.id }, { owner, renewedAt }));
  expect((await tryToTake(db, RESTORE)).lease?.token).toBe(isFree ? 1 : undefined);
});

test('a lease that was dropped and taken by another is lost, although its token is the same', async () => {
  const db = await emptyDatabase();
  const first = await take(db, SCRATCH);
  await documents(db, SCRATCH).drop();
  const second = await take(db, SCRATCH);
  expect(second.token).toBe(first.token);
  await expect(first.confirm()).rejects.toThrow('It is lost.');
  await first.release();
  await second.confirm();
});

test('its signal is aborted by the heartbeat that finds another holder', async () => {
  const db = await emptyDatabase();
  const { lost } = await take(db, SCRATCH, { leaseSeconds: 0.2 });
  const aborted = new Promise((resolve) => lost.addEventListener('abort', () => resolve(lost.reason)));
  await documents(db, SCRATCH).updateOne({}, { $set: { leaseId: 'another' } });
  expect(String(await aborted)).toBe('LeaseLost: It is lost.');
});

test('what others keep in the document stays', async () => {
  const db = await emptyDatabase();
  await (await take(db, RESTORE, { fields: { phase: 'loading' } })).release();
  const again = await take(db, RESTORE);
  expect(again.document).toMatchObject({ phase: 'loading', token: 2 });
});

test.each([
  ['migrates', 'restores', MIGRATIONS, RESTORE],
  ['restores', 'migrates', RESTORE, MIGRATIONS],
])('while one process %s, none %s; nothing is left of its attempt', async (_one, _other, held, wanted) => {
  const db = await emptyDatabase();
  const lease = await take(db, held);
  const before = await names(db);
  expect((await tryToTake(db, wanted)).holder).toMatchObject({ place: held, owner: { command: 'test' } });
  expect(await names(db)).toEqual(before);
  await lease.release();
  await take(db, wanted);
});

test('of those who try to migrate and to restore at once, at most one may', async () => {
  const db = await emptyDatabase();
  for (let round = 0; round < 20; round += 1) {
    const places = [MIGRATIONS, RESTORE, MIGRATIONS, RESTORE];
    const outcomes = await Promise.all(places.map((place) => tryToTake(db, place)));
    const leases = outcomes.flatMap(({ lease }) => (lease ? [lease] : []));
    expect(leases.length).toBeLessThanOrEqual(1);
    for (const lease of leases) await lease.release();
    expect([await readHolder(db, MIGRATIONS), await readHolder(db, RESTORE)]).toEqual([undefined, undefined]);
  }
});
