import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { loadSettings } from '../config.ts';
import { connect } from '../database/connect.ts';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import { temporaryFolder } from '../testing/processes.ts';
import { tapTo } from '../testing/tap.ts';
import { examine, type Subject } from './index.ts';

const { db, uri } = await testDatabase();
const serial = { name: 'serial_1', key: { serial: 1 }, unique: true };
const history = { name: 'probes.history', indexes: [], shardKey: { of: 1 } };

/** What is found where the cluster's own record of the sharded collections says this. */
async function foundIn(recorded: (database: string) => Document[], definition: Subject['definitions'][number]) {
  const tap = await tapTo(uri, ({ hello, find, $db }) => {
    if (hello === 1 && $db !== 'admin') return { ok: 1, msg: 'isdbgrid' };
    if (find !== 'collections' || $db !== 'config') return undefined;
    return { ok: 1, cursor: { id: 0n, ns: 'config.collections', firstBatch: recorded(db.databaseName) } };
  });
  const connection = await connect(tap.uri, db.databaseName);
  atEnd(() => connection.close());
  const settings = loadSettings({ INSTANCE_PATH: temporaryFolder(), MONGODB_URI: uri });
  const subject = { settings, db: connection.db ?? db, keys: [], migrations: [], definitions: [definition] };
  const findings = await examine({ ...subject, now: new Date() });
  return findings.filter(({ check }) => check === 'shard-keys').map(({ problem, remedy }) => `${problem} ${remedy}`);
}

test('a collection with another shard key is told', async () => {
  const recorded = (database: string) => [{ _id: `${database}.probes.history`, key: { _id: 1 } }];
  const [text] = await foundIn(recorded, history);
  expect(text).toContain('probes.history is sharded by {"_id":1}, so requests about one document go to all shards.');
  expect(text).toContain(`sh.reshardCollection("${db.databaseName}.probes.history", {"of":1})`);
});

test('a unique index that keeps a collection from being sharded is told', async () => {
  const [text] = await foundIn(() => [], { name: 'probes', indexes: [serial], shardKey: { _id: 'hashed' } });
  expect(text).toContain('probes has the unique index serial_1, so it cannot be sharded by {"_id":"hashed"}');
});

test('what is as it should be is not told', async () => {
  const own = { name: 'of_1_at_1', key: { of: 1, at: 1 }, unique: true };
  const recorded = (database: string) => [{ _id: `${database}.probes.history`, key: { of: 1 } }];
  expect(await foundIn(recorded, { ...history, indexes: [own] })).toEqual([]);
  expect(await foundIn(() => [], { ...history, indexes: [own] })).toEqual([]);
});
