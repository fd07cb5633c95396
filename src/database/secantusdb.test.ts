import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { MongoClient, type Db } from 'mongodb';
import { loadSettings } from '../config.ts';
import { atEnd } from '../testing/cleanup.ts';
import { launch, temporaryFolder } from '../testing/processes.ts';
import { installedSecantusDB } from './secantusdb.ts';

const program = await installedSecantusDB(loadSettings().cacheHome);
const testHere = program === undefined ? test.skip : test;

const start = (folder: string) => launch([program ?? '', '--port', '0', '--dbpath', folder], {});

testHere.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'SecantusDB ends in order by %s, also if it comes twice',
  async (signal) => {
    const { child, ended } = start(temporaryFolder());
    await once(createInterface({ input: child.stdout }), 'line');
    child.kill(signal);
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 0 });
  },
);

/** SecantusDB on the files of a folder, and a connection to it. */
async function connected(folder: string) {
  const { child, ended } = start(folder);
  const address = await new Promise<string>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [, found] = /listening on (\S+)/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  const client = await MongoClient.connect(`mongodb://${address}/?journal=true&retryWrites=false`);
  atEnd(() => client.close());
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
    await client.close();
  };
  return { db: client.db('test'), kill };
}

testHere('SecantusDB keeps what it has acknowledged, although it is killed', async () => {
  const folder = temporaryFolder();
  let { db, kill } = await connected(folder);
  const writes: [string, () => Promise<unknown>][] = [
    ['inserted', () => db.collection('a').insertOne({ name: 'inserted' })],
    [
      'committed',
      () =>
        db.client.withSession((session) =>
          session.withTransaction(() => db.collection('a').insertOne({ name: 'committed' }, { session })),
        ),
    ],
    [
      'last of many',
      () =>
        db
          .collection('a')
          .bulkWrite([
            { insertOne: { document: {} } },
            { updateOne: { filter: { name: { $exists: false } }, update: { $set: { name: 'last of many' } } } },
          ]),
    ],
  ];
  for (const [name, write] of writes) {
    await write();
    await kill();
    ({ db, kill } = await connected(folder));
    expect(await db.collection('a').findOne({ name })).not.toBeNull();
  }
});

const COUNT = 3000;

testHere.each<[string, (db: Db, name: string) => Promise<unknown>]>([
  ['renamed', (db, name) => db.renameCollection(name, `${name}a`)],
  ['indexed', (db, name) => db.collection(name).createIndex({ x: -1 })],
])('a collection that is being %s when SecantusDB is killed is whole', async (_what, change) => {
  const folder = temporaryFolder();
  let { db, kill } = await connected(folder);
  await db.collection('a').insertMany(Array.from({ length: COUNT }, (_, x) => ({ x })));
  await db.collection('a').createIndex({ x: 1 });
  const startedAt = performance.now();
  await change(db, 'a');
  const took = performance.now() - startedAt;
  for (const share of [0.3, 0.6, 0.9]) {
    const [{ name } = { name: '' }] = await db.listCollections().toArray();
    await db
      .collection(name)
      .dropIndex('x_-1')
      .catch(() => {}); // there is none yet
    change(db, name).catch(() => {}); // its server is killed
    await sleep(took * share);
    await kill();
    ({ db, kill } = await connected(folder));
    const collections = await db.listCollections().toArray();
    expect(collections).toHaveLength(1);
    const after = db.collection(collections[0]?.name ?? '');
    expect(await after.find().toArray()).toHaveLength(COUNT);
    for (const index of await after.indexes())
      expect(await after.find({ x: { $gte: 0 } }, { hint: index.name ?? '' }).toArray()).toHaveLength(COUNT);
  }
});
