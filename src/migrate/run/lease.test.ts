import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Collection } from 'mongodb';
import { fence } from './fence.ts';
import { interceptWrites } from './handle.ts';
import { LeaseLost, RESTORE, takeLease, type Lease } from '../../lease/index.ts';
import { LeaseBusy, readMigrator, takeMigrationLease } from './lease.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { testDatabase } from '../../testing/database.ts';

const { db, connection } = await testDatabase();

const owner = (pid: number) => ({ host: 'here', pid, command: 'up' });

async function take(pid: number, leaseSeconds = 10, waitSeconds = 0): Promise<Lease> {
  const lease = await takeMigrationLease(db, { owner: owner(pid), leaseSeconds, waitSeconds, report: () => {} });
  // Also of a test that failed before: heartbeats would keep the run from ending.
  atEnd(lease.release);
  return lease;
}

test('one process has the lease until it releases it, and each holder a larger token', async () => {
  const first = await take(1);
  await expect(take(2)).rejects.toThrow('Process 1 on here (up, since');
  expect(await readMigrator(db)).toEqual(owner(1));
  await first.release();
  expect(await readMigrator(db)).toBeUndefined();
  const second = await take(2);
  expect(second.token).toBeGreaterThan(first.token);
  await second.release();
});

test('of many at once exactly one gets it', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 20 }, (_, pid) => take(pid)));
  const leases = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(leases).toHaveLength(1);
  await leases[0]?.release();
});

test('heartbeats keep it beyond its time', async () => {
  const lease = await take(1, 1);
  const end = Date.now() + 2000;
  while (Date.now() < end) {
    await expect(take(2)).rejects.toThrow('Process 1');
    lease.assertHeld();
    await sleep(100);
  }
  await lease.release();
});

/** A lease whose holder stands still: no heartbeat is sent, and nothing is noticed. */
async function expired(): Promise<Lease> {
  const lease = await take(1);
  await lease.release();
  return { ...lease, expiresAt: () => new Date(Date.now() - 1), assertHeld: () => {} };
}

test('a holder that lost it notices before it writes', async () => {
  const lease = await take(1, 0.3);
  // Another one takes it over, as if the heartbeats had not arrived.
  await db.collection('migration_lease').updateMany({ owner: { $exists: true } }, { $set: { expiresAt: new Date(0) } });
  const other = await take(2);
  await expect(
    (async () => {
      for (;;) {
        lease.assertHeld();
        await sleep(5);
      }
    })(),
  ).rejects.toThrow('could not keep its right to migrate');
  await lease.release();
  other.assertHeld();
  expect(await readMigrator(db)).toEqual(owner(2));
  await other.release();
});

test('it is waited for until a restore has ended, and a restore that ended half-way stands in the way', async () => {
  const { db } = await testDatabase();
  const { lease: restoring } = await takeLease(db, RESTORE, { owner: owner(2), leaseSeconds: 10, lost: '' });
  const reports: string[] = [];
  const report = (line: string) => {
    reports.push(line);
    void restoring?.release();
  };
  const options = { owner: owner(1), leaseSeconds: 10, waitSeconds: 30, report };
  const impatient = takeMigrationLease(db, { ...options, waitSeconds: 0 });
  await expect(impatient).rejects.toThrow(LeaseBusy);
  await expect(impatient).rejects.toThrow(
    /^Process 2 on here \(up, since .*\) is restoring into this database\. Wait until it is done\.$/,
  );
  await (await takeMigrationLease(db, options)).release();
  expect(reports).toEqual([expect.stringContaining('is restoring into this database; waiting up to 30 s for it ...')]);
  const half = { phase: 'swapping', directory: '/backups/monday' };
  await db.collection<{ _id: string }>(RESTORE.collection).updateOne({ _id: RESTORE.id }, { $set: half });
  await expect(takeMigrationLease(db, options)).rejects.toThrow(
    `A restore of /backups/monday into ${db.databaseName} has not come to its end. Run that db:restore again first.`,
  );
  expect(await readMigrator(db)).toBeUndefined();
});

const WRITES: [string, (things: Collection) => Promise<unknown>][] = [
  ['updateOne', (things) => things.updateOne({ x: 1 }, { $set: { x: 2 } })],
  ['updateMany', (things) => things.updateMany({}, { $set: { x: 2 } })],
  ['updateMany by a pipeline', (things) => things.updateMany({}, [{ $set: { x: 2 } }])],
  ['an upsert', (things) => things.updateOne({ x: 2 }, { $set: { y: 2 } }, { upsert: true })],
  ['replaceOne', (things) => things.replaceOne({ x: 1 }, { x: 2 })],
  ['findOneAndUpdate', (things) => things.findOneAndUpdate({ x: 1 }, { $set: { x: 2 } })],
  ['findOneAndReplace', (things) => things.findOneAndReplace({ x: 1 }, { x: 2 })],
  ['findOneAndDelete', (things) => things.findOneAndDelete({ x: 1 })],
  ['deleteOne', (things) => things.deleteOne({ x: 1 })],
  ['deleteMany', (things) => things.deleteMany()],
  [
    'an update of bulkWrite',
    (things) => things.bulkWrite([{ updateOne: { filter: { x: 1 }, update: { $set: { x: 2 } } } }], { ordered: false }),
  ],
  [
    'an upsert of bulkWrite',
    (things) => things.bulkWrite([{ replaceOne: { filter: { x: 2 }, replacement: {}, upsert: true } }]),
  ],
  ['a delete of bulkWrite', (things) => things.bulkWrite([{ deleteMany: { filter: {} } }])],
];

test.each(WRITES)('%s that was on its way when the lease ran out is refused', async (_what, write) => {
  const things = db.collection('things');
  await things.deleteMany();
  await things.insertOne({ x: 1 });
  const client = interceptWrites(connection.getClient(), {
    databaseName: db.databaseName,
    intercept: fence(await expired(), {}),
  });
  await expect(write(client.db(db.databaseName).collection('things'))).rejects.toThrow(LeaseLost);
  expect(await things.find({}, { projection: { _id: 0 } }).toArray()).toEqual([{ x: 1 }]);
});

test('filters are sent as they are, so that a document is found by its id alone', async () => {
  const lease = await take(1);
  const writes = [
    { updateOne: { filter: { _id: 1 }, update: { $set: { x: 2 } } } },
    { deleteOne: { filter: { _id: 2 } } },
  ];
  const write = { collection: 'things', operation: 'bulkWrite', parameters: [writes, { let: { y: 1 } }] };
  const sent = await fence(lease, {})(write, async (parameters) => parameters);
  expect(sent).toEqual([writes, { let: { y: 1, held: expect.anything() } }]);
  await lease.release();
});
