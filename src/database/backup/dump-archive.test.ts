import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { BSON, Long } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { archiveFile, ENGINES, SOUND, STRONG, verifying } from '../../testing/dumped-fleet.ts';
import { archiveOf, blockOf, crc64, preludeOf } from '../../testing/mongodump-archive.ts';
import { bytesOf, type Dumped } from '../../testing/mongodump.ts';
import { restore } from './restore.ts';
import { verifyFiles } from './verify-files.ts';
import { silent } from './watch.ts';

const FLEET = { fleet: [ENGINES, STRONG] };
const OPLOG: Dumped = {
  name: 'oplog',
  documents: [
    { op: 'i', ns: 'fleet.engines', o: { _id: 1 } },
    { op: 'i', ns: 'crew.members', o: { _id: 1 } },
  ],
};
const CREW: Dumped = { name: 'members', documents: [{ _id: 1 }] };

describe.each([false, true])('an archive of mongodump 100.x, gzip: %s', (gzip) => {
  test('is read', async () => {
    expect(await verifying(archiveFile(archiveOf(FLEET, gzip)))).toEqual(SOUND);
  });

  test('is restored byte for byte, with options, indexes and views, though collections take turns in it', async () => {
    const { db } = await testDatabase();
    const names = ['a b', 'a+b', 'a/b', 'Engines', 'ü'.repeat(70), 'empty'];
    const others: Dumped[] = names.map((name) => ({
      name,
      documents: name === 'empty' ? [] : [1, 2, 3].map((_id) => ({ _id, name, big: Long.MAX_VALUE })),
    }));
    const path = archiveFile(archiveOf({ admin: [CREW], fleet: [...others, ENGINES, STRONG] }, gzip));
    await restore(db.client, path, { to: db.databaseName, watch: silent });
    for (const { name, documents = [] } of [...others, ENGINES]) {
      const stored = await db.collection(name).find({}, { raw: true }).sort({ _id: 1 }).toArray();
      expect(stored).toEqual(documents.map((document) => Buffer.from(BSON.serialize(document))));
    }
    expect(await db.collection('strong').countDocuments()).toBe(1);
    expect(await db.collection('engines').indexes()).toMatchObject(ENGINES.indexes ?? []);
    const listed = await db.listCollections().toArray();
    expect(listed.map(({ name }) => name).toSorted()).toEqual([...names, 'engines', 'strong'].toSorted());
    expect(listed.find(({ name }) => name === 'engines')).toMatchObject({ options: ENGINES.options });
  });

  test('that is cut off is refused, wherever it ends', async () => {
    const bytes = archiveOf({ ...FLEET, crew: [CREW] }, gzip);
    const path = archiveFile(bytes);
    const refused = async () => {
      const { defects } = await verifying(path, 'fleet');
      return defects.length > 0;
    };
    for (let length = 0; length < bytes.length; length += 1) {
      writeFileSync(path, bytes.subarray(0, length));
      expect({ length, refused: await refused().catch(() => true) }).toEqual({ length, refused: true });
    }
    writeFileSync(path, bytes);
    expect(await refused()).toBe(false);
  });
});

test('a flipped bit behind the list of collections is reported, or changes nothing', async () => {
  const bytes = archiveOf(FLEET);
  const path = archiveFile(bytes);
  const contents = async () => {
    const { collections, defects } = await verifyFiles(path, silent);
    return { defects, contents: collections.map(({ documents, digest }) => ({ documents, digest })) };
  };
  const sound = await contents();
  const start = preludeOf(FLEET).length;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: start, max: bytes.length - 1 }), fc.nat(7), async (at, bit) => {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      writeFileSync(path, flipped);
      const found = await contents();
      if (found.defects.length === 0) expect(found).toEqual(sound);
    }),
    { numRuns: 300 },
  );
});

test('of several databases is that of the one that is named', async () => {
  const path = archiveFile(archiveOf({ ...FLEET, crew: [CREW], admin: [{ name: 'system.version' }] }));
  await expect(verifying(path)).rejects.toThrow(
    `${path} holds several databases (admin, crew, fleet). Choose one, as with --from crew.`,
  );
  await expect(verifying(path, 'moon')).rejects.toThrow('holds admin, crew, fleet, and no moon');
  expect(await verifying(path, 'crew')).toEqual({
    database: 'crew',
    names: ['members'],
    defects: [],
    reported: ['Left alone, because they are not part of crew: admin, fleet.'],
  });
});

test('users and roles are reported and left alone, and so is an oplog', async () => {
  const users: Dumped = { name: '$admin.system.users', documents: [{ _id: 'fleet.kim' }] };
  const path = archiveFile(archiveOf({ fleet: [ENGINES, STRONG, users], '': [OPLOG] }));
  expect(await verifying(path)).toEqual({
    ...SOUND,
    reported: [
      'Left alone, because they are not part of fleet: fleet.$admin.system.users.',
      expect.stringMatching(
        /^The oplog holds writes to fleet .* \(1\)\. .* mongorestore --oplogReplay replays them\.$/,
      ),
    ],
  });
});

const series: Dumped = {
  name: 'samples',
  type: 'timeseries',
  options: { timeseries: { timeField: 'at' } },
  documents: [{ _id: 1, control: { version: 1 } }],
};

describe('what an archive holds', () => {
  const END = blockOf('fleet', 'engines', [], 0n);
  test.each<[string, Buffer, string]>([
    ['a collection that is not listed', blockOf('fleet', 'ghosts', [{ _id: 1 }]), 'has documents of fleet.ghosts'],
    ['documents after their end', Buffer.concat([END, blockOf('fleet', 'engines', [{}])]), 'or come after their end'],
    ['other documents than were dumped', blockOf('fleet', 'engines', [], 1n), 'its CRC differs'],
    ['a block of an unknown kind', blockOf('fleet', 'engines', [{}], 0n), 'a block has a header of an unknown kind'],
    ['a header of an unknown kind', Buffer.from(BSON.serialize({ db: 'fleet', more: 1 })), 'of an unknown kind'],
    ['no end', blockOf('fleet', 'engines', []), 'is incomplete: its end is not in the archive'],
  ])('is refused by its name: %s', async (_what, blocks, problem) => {
    const path = archiveFile(Buffer.concat([preludeOf({ fleet: [{ name: 'engines' }] }), blocks]));
    const { defects } = await verifying(path);
    expect(defects).toEqual([{ where: expect.any(String), problem: expect.stringContaining(problem) }]);
    expect(['fleet.engines', basename(path)]).toContain(defects[0]?.where);
  });

  test.each<[string, Record<string, Dumped[]>, object]>([
    ['a collection twice', { fleet: [CREW, CREW] }, { where: 'fleet.members', problem: 'is listed twice' }],
    [
      'data of no database',
      { ...FLEET, '': [CREW] },
      { where: 'members', problem: expect.stringContaining('an unknown kind') },
    ],
    [
      'a view with documents',
      { fleet: [{ ...STRONG, documents: [{}] }] },
      { where: 'strong', problem: 'is a view, but has documents' },
    ],
    ['a collection of the server', { fleet: [{ name: 'system.views' }] }, { where: 'system.views' }],
  ])('is refused if it lists %s', async (_what, databases, expected) => {
    const { defects } = await verifying(archiveFile(archiveOf(databases)));
    expect(defects[0]).toMatchObject(expected);
  });

  test.each(['samples', 'system.buckets.samples'])('of a time series may lie in %s', async (place) => {
    const documents = series.documents ?? [];
    const blocks = [blockOf('fleet', place, documents), blockOf('fleet', place, [], crc64(bytesOf(documents)))];
    const { collections, defects } = await verifyFiles(
      archiveFile(Buffer.concat([preludeOf({ fleet: [series] }), ...blocks])),
      silent,
    );
    expect({ collections, defects }).toMatchObject({ collections: [{ name: 'samples', documents: 1 }], defects: [] });
  });
});

test.each<[string, Buffer, string]>([
  ['no archive', Buffer.from('{"_id":1}'), 'is neither a folder nor an archive of mongodump'],
  ['nothing', Buffer.alloc(0), 'is neither a folder nor an archive of mongodump'],
  ['a packed something', gzipSync('something'), 'is neither a folder nor an archive of mongodump'],
  ['of a later version', preludeOf(FLEET, '0.2'), 'cannot be read: it has version 0.2, but only 0.1 can be read'],
  ['without a database', preludeOf({}), 'holds no backup'],
])('a file that is %s is refused', async (_what, bytes, message) => {
  await expect(verifying(archiveFile(bytes))).rejects.toThrow(message);
});
