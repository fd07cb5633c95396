import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { atEnd } from '../../testing/cleanup.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { readClaim } from '../claim.ts';
import { loadSettings } from '../../config.ts';
import { openEmbedded } from '../embedded.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';
import { silent } from './watch.ts';

test('a restore outlives that its database is killed and comes back, or is ended by the next one', async () => {
  const instancePath = temporaryFolder();
  const database = await openEmbedded({
    ...loadSettings(),
    instancePath,
    mongodBinary: null,
    share: false,
    report() {},
  });
  atEnd(() => database.stop());
  const first = await client(database.uri);
  const db = first.db('source');
  for (const name of ['a', 'b', 'c'])
    await db.collection(name).insertMany(Array.from({ length: 100 }, (_, index) => ({ index })));

  const path = join(instancePath, 'embedded.json');
  let killed = 0;
  const kill = {
    ...silent,
    progress: (shown: string) => ({
      advance(documents: number) {
        if (documents === 0 || killed !== 0 || !shown.startsWith('Restoring')) return;
        killed = readClaim(path)?.pid ?? 0;
        process.kill(killed, 'SIGKILL');
      },
      stop() {},
    }),
  };
  const directory = join(temporaryFolder(), 'made');
  await backup(db, directory, { watch: silent });
  // The driver waits for two seconds, in which the database may come back.
  const outcome = await restore(first, directory, { to: 'target', watch: kill }).then(() => 'outlived it', String);
  expect(outcome).toMatch(/^outlived it$|^OperatorError: The restore into target stopped: .* Run it again/);
  const again = await client(await restarted(path, killed));
  if (outcome !== 'outlived it') await restore(again, directory, { to: 'target', watch: silent });
  for (const name of ['a', 'b', 'c']) {
    const found = await again.db('target').collection(name).find().toArray();
    expect(found).toEqual(await again.db('source').collection(name).find().toArray());
    expect(found).toHaveLength(100);
  }
});

async function client(uri: string): Promise<MongoClient> {
  const client = await new MongoClient(uri, { serverSelectionTimeoutMS: 2000 }).connect();
  atEnd(() => client.close());
  return client;
}

/** The embedded database is started again by itself. @returns its address, which may be another one */
async function restarted(path: string, before: number): Promise<string> {
  for (;;) {
    const { pid, uri } = readClaim(path) ?? {};
    if (uri !== undefined && pid !== undefined && pid !== before) return uri;
    await sleep(50);
  }
}
