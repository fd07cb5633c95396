import { expect, test } from '@jest/globals';
import { UUID, type Document } from 'mongodb';
import { runHere } from '../../testing/commands.ts';
import { testDatabase } from '../../testing/database.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { tapTo } from '../../testing/tap.ts';

const instance = temporaryFolder();
const { uri: databaseUri, db } = await testDatabase();
const env = { MONGODB_URI: databaseUri, INSTANCE_PATH: instance };
await runHere(['db:init'], env);

/** Runs `migrate:check` on a database whose server says that it is the router of a cluster, and answers its checks so. */
async function checked(answers: (command: Document) => Document) {
  const asked: Document[] = [];
  const { uri } = await tapTo(databaseUri, (command) => {
    // Other questions of this kind are those of the driver.
    if (command['hello'] === 1 && command['$db'] !== 'admin') return { ok: 1, msg: 'isdbgrid', maxWireVersion: 25 };
    if (!('checkMetadataConsistency' in command) && !('getMore' in command)) return undefined;
    asked.push(command);
    return answers(command);
  });
  return { ...(await runHere(['migrate:check', '--json'], { ...env, MONGODB_URI: uri })), asked };
}

const misplaced = (namespace: string) => ({
  type: 'MisplacedCollection',
  description: 'Unsharded collection found on shard different from database primary shard',
  details: { namespace, shard: 'shard02', localUUID: new UUID() },
});

test('migrate:check reports each inconsistency that a sharded cluster finds in itself', async () => {
  const { code, stdout, asked } = await checked(({ $db, getMore }) =>
    getMore === undefined
      ? { ok: 1, cursor: { id: 7n, ns: `${$db}.$cmd.aggregate`, firstBatch: [misplaced('space.engines')] } }
      : { ok: 1, cursor: { id: 0n, ns: `${$db}.$cmd.aggregate`, nextBatch: [misplaced('space.engines.history')] } },
  );
  expect(asked[0]).toMatchObject({ checkMetadataConsistency: 1, checkIndexes: true });
  const findings: Document[] = JSON.parse(stdout);
  expect([code, findings.map(({ rule, file }) => [rule, file])]).toEqual([
    1,
    [
      ['cluster', 'space.engines'],
      ['cluster', 'space.engines.history'],
    ],
  ]);
  expect(findings[0]?.['message']).toMatch(/\(MisplacedCollection\): Unsharded collection found .*"shard":"shard02"/);
});

test('a cluster that is consistent has no findings', async () => {
  const outcome = await checked(({ $db }) => ({
    ok: 1,
    cursor: { id: 0n, ns: `${$db}.$cmd.aggregate`, firstBatch: [] },
  }));
  expect(outcome).toMatchObject({ code: 0, stdout: '[]\n', stderr: expect.stringContaining('No problems found') });
});

test.each([
  [{ code: 59, codeName: 'CommandNotFound', errmsg: 'no such command' }, 'older than MongoDB 7.0'],
  [{ code: 13, codeName: 'Unauthorized', errmsg: 'not authorized' }, 'privilege action'],
])('a cluster that cannot check itself is not checked, and a line says why', async (failure, why) => {
  const outcome = await checked(() => ({ ok: 0, ...failure }));
  expect(outcome).toMatchObject({ code: 0, stdout: '[]\n', stderr: expect.stringContaining(why) });
});

test('the index that a cluster makes for the shard key is no difference from the models', async () => {
  const indexes = await db.collection('engines').listIndexes().toArray();
  const firstBatch = [...indexes, { v: 2, key: { _id: 'hashed' }, name: '_id_hashed' }];
  const { uri, commands } = await tapTo(databaseUri, ({ listIndexes, $db }) =>
    listIndexes === 'engines' ? { ok: 1, cursor: { id: 0n, ns: `${$db}.engines`, firstBatch } } : undefined,
  );
  for (const command of ['migrate:check', 'db:init'])
    expect(await runHere([command], { ...env, MONGODB_URI: uri })).toMatchObject({ code: 0, stdout: '' });
  expect(commands.some((command) => 'listIndexes' in command)).toBe(true);
});
