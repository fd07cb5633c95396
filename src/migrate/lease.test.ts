import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { fence } from './fence.ts';
import { interceptWrites } from './handle.ts';
import { readHolder, takeLease, type Lease } from './lease.ts';
import { testDatabase } from '../testing/database.ts';

const { db, connection } = await testDatabase();

const owner = (pid: number) => ({ host: 'here', pid, command: 'up' });
const take = (pid: number, leaseSeconds = 10, waitSeconds = 0) =>
  takeLease(db, { owner: owner(pid), leaseSeconds, waitSeconds, report: () => {} });

test('one process has the lease until it releases it, and each holder a larger token', async () => {
  const first = await take(1);
  await expect(take(2)).rejects.toThrow('Process 1 on here (up, since');
  expect(await readHolder(db)).toEqual(owner(1));
  await first.release();
  expect(await readHolder(db)).toBeUndefined();
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
  expect(await readHolder(db)).toEqual(owner(2));
  await other.release();
});

test('an update or delete that was on its way when the lease ran out changes nothing', async () => {
  const things = db.collection('things');
  await things.insertOne({ x: 1 });
  const client = interceptWrites(connection.getClient(), {
    databaseName: db.databaseName,
    intercept: fence(await expired(), {}),
  });
  const fenced = client.db(db.databaseName).collection('things');
  await fenced.updateOne({ x: 1 }, { $set: { x: 2 } });
  await fenced.updateMany({}, { $set: { x: 2 } });
  await fenced.updateMany({}, [{ $set: { x: 2 } }]);
  await fenced.replaceOne({ x: 1 }, { x: 2 });
  await fenced.findOneAndUpdate({ x: 1 }, { $set: { x: 2 } });
  await fenced.findOneAndReplace({ x: 1 }, { x: 2 });
  await fenced.findOneAndDelete({ x: 1 });
  await fenced.deleteOne({ x: 1 });
  await fenced.deleteMany({});
  await fenced.bulkWrite([
    { updateOne: { filter: { x: 1 }, update: { $set: { x: 2 } } } },
    { updateMany: { filter: {}, update: { $set: { x: 2 } } } },
    { replaceOne: { filter: {}, replacement: { x: 2 } } },
    { deleteOne: { filter: {} } },
    { deleteMany: { filter: {} } },
  ]);
  expect(await things.find({}, { projection: { _id: 0 } }).toArray()).toEqual([{ x: 1 }]);
});
