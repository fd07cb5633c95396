import { expect, jest, test } from '@jest/globals';
import type { Connection } from 'mongoose';
import { testDatabase } from '../../testing/database.ts';
import { watchedConnection } from '../../testing/sent-commands.ts';
import { tapTo } from '../../testing/tap.ts';
import { backfill } from './backfill.ts';
import { addField, removeField } from './fields.ts';

const { uri, db } = await testDatabase();
const FIELD = { collection: 'things', field: 'x' };

/** Makes a connection treat its server as the router of a sharded cluster. */
function router({ db: own }: Connection) {
  if (!own) throw new Error('the connection is not open');
  const command = own.command.bind(own);
  jest
    .spyOn(own, 'command')
    .mockImplementation(async (asked, options) => ('hello' in asked ? { msg: 'isdbgrid' } : command(asked, options)));
  return own;
}

test('a router may miss documents in an update of many: a backfill goes on until it finds none', async () => {
  await db.collection('many').insertMany(Array.from({ length: 9 }, () => ({})));
  let updates = 0;
  const tap = await tapTo(uri, ({ update }) => {
    if (update !== 'many') return undefined;
    updates += 1;
    return updates === 1 ? { ok: 1, n: 0, nModified: 0 } : undefined;
  });
  const { connection } = await watchedConnection(tap.uri);
  const things = connection.db?.collection('many') ?? db.collection('many');
  await backfill(things, { label: 'x', filter: { x: { $exists: false } }, batchSize: 4, update: { $set: { x: 1 } } });
  expect(await db.collection('many').countDocuments({ x: 1 })).toBe(9);
  expect(updates).toBeGreaterThan(3);
});

test('where nothing would show that a document was missed, a router gets an update for each', async () => {
  const { connection, sent } = await watchedConnection(uri);
  const things = db.collection('things');
  await things.insertMany([1, 2, 3].map(() => ({ x: 7 })));
  await removeField(router(connection), FIELD);
  expect(await things.countDocuments({ x: { $exists: true } })).toBe(0);
  sent.length = 0;
  await addField(router(connection), FIELD);
  expect(await things.countDocuments({ x: 7 })).toBe(3);
  const updates = sent
    .filter(({ command }) => command['update'] === 'things')
    .flatMap(({ command }) => command['updates']);
  expect(updates.map(({ multi }) => multi ?? false)).toEqual([false, false, false]);
});
