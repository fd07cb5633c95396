import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { BSON } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { dump, ENGINES, SOUND, verifying } from '../../testing/dumped-fleet.ts';
import { metadataOf, stemOf, writeDump } from '../../testing/mongodump.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { restore } from './restore.ts';
import { silent } from './watch.ts';

describe.each([false, true])('a folder of mongodump 100.x, gzip: %s', (gzip) => {
  test('is read, whether it is that of the database or the one above', async () => {
    const folder = dump(undefined, gzip);
    expect(await verifying(folder)).toEqual(SOUND);
    expect(await verifying(join(folder, 'fleet'))).toEqual(SOUND);
  });

  test('is restored byte for byte, with options, indexes and views', async () => {
    const { db } = await testDatabase();
    await restore(db.client, dump(undefined, gzip), { to: db.databaseName, watch: silent });
    const stored = await db.collection('engines').find({}, { raw: true }).sort({ _id: 1 }).toArray();
    expect(stored).toEqual(ENGINES.documents?.map((document) => Buffer.from(BSON.serialize(document))));
    expect(await db.collection('strong').countDocuments()).toBe(1);
    expect(await db.collection('engines').indexes()).toMatchObject(ENGINES.indexes ?? []);
    const [info] = await db.listCollections({ name: 'engines' }).toArray();
    expect(info).toMatchObject({ options: ENGINES.options });
  });

  test('keeps collections of any name apart', async () => {
    const { db } = await testDatabase();
    const names = ['a b', 'a+b', 'a%20b', 'a%2Bb', 'a/b', 'dots.and-_~', 'Engines', 'engines', 'ü'.repeat(70)];
    const collections = names.map((name) => ({ name, documents: [{ _id: name }] }));
    await restore(db.client, dump(collections, gzip), { to: db.databaseName, watch: silent });
    for (const name of names)
      expect(await db.collection<{ _id: string }>(name).find().toArray()).toEqual([{ _id: name }]);
  });
});

test('any name comes back from the files of mongodump', async () => {
  const anyName = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
  const usual = anyName.filter((name) => name.isWellFormed() && !/^system\.|^\$|^restoring\.|\0/.test(name));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(usual, { minLength: 1, maxLength: 4 }), fc.boolean(), async (names, gzip) => {
      const found = await verifying(
        dump(
          names.map((name) => ({ name })),
          gzip,
        ),
      );
      expect(found).toMatchObject({ defects: [], reported: [] });
      expect(found.names.toSorted()).toEqual(names.toSorted());
    }),
    { numRuns: 30 },
  );
});

test('the metadata says the name, else the file as mongorestore reads it', async () => {
  const folder = dump([]);
  const write = (stem: string, metadata: string) => {
    writeFileSync(join(folder, 'fleet', `${stem}.metadata.json`), metadata);
    writeFileSync(join(folder, 'fleet', `${stem}.bson`), '');
  };
  write('a+b', metadataOf({ name: 'a+b' })); // as in the first backups of this project
  write('c%20d', metadataOf({ name: 'c d' }));
  write('e+f', '{"indexes":[]}'); // as in dumps before mongodump 100.0
  expect(await verifying(folder)).toMatchObject({ names: ['a+b', 'c d', 'e f'], defects: [] });
});

describe('what is no collection of the database', () => {
  test('is reported and left alone if it is not data', async () => {
    const folder = dump();
    mkdirSync(join(folder, '.git'));
    for (const name of ['checksums.json', 'fleet/statistics.json', 'fleet/$admin.system.users.bson'])
      writeFileSync(join(folder, name), '');
    writeFileSync(join(folder, 'fleet', 'system.profile.bson'), 'cut off');
    expect(await verifying(folder)).toEqual({
      ...SOUND,
      reported: [
        'Left alone, because they are not part of fleet: fleet/$admin.system.users.bson, fleet/statistics.json, ' +
          'fleet/system.profile.bson, .git, checksums.json.',
      ],
    });
  });

  test.each([
    ['fleet/engines.bson.zst', 'is data that does not belong to this backup'],
    ['fleet/engines.bin', 'is data that does not belong to this backup'],
    ['more.bson.zst', 'is data that does not belong to this backup'],
    ['fleet/inner/engines.bson', 'is data that does not belong to this backup'],
    ['fleet/lost.bson', 'has no metadata beside it'],
    ['fleet/%zz.bson', 'has no metadata beside it'],
    ['fleet/system.views.bson', 'has no metadata beside it'],
    ['fleet/engines.bson.gz', 'unexpected end of file'],
  ])('is refused by its name if it is data: %s', async (name, problem) => {
    const folder = dump();
    mkdirSync(join(folder, 'fleet', 'inner'));
    writeFileSync(join(folder, name), '');
    const { defects } = await verifying(folder);
    expect(defects).toEqual([{ where: expect.any(String), problem: expect.stringContaining(problem) }]);
    expect(name).toContain(defects[0]?.where);
  });

  test.each(['system.views', 'system.users', '$other', 'restoring.1'])(
    'is refused if it is a collection that no server takes: %s',
    async (name) => {
      expect((await verifying(dump([ENGINES, { name }]))).defects).toEqual([
        { where: name, problem: 'is a collection that only mongorestore can restore' },
      ]);
    },
  );
});

describe('files that do not fit together', () => {
  test.each<[string, (folder: string) => void, RegExp]>([
    ['no documents', (folder) => rmSync(join(folder, 'engines.bson')), /^engines.metadata.json has no documents/],
    ['no metadata', (folder) => rmSync(join(folder, 'engines.metadata.json')), /^engines.bson has no metadata/],
    [
      'the metadata of another collection',
      (folder) => writeFileSync(join(folder, 'engines.metadata.json'), metadataOf({ name: 'stages' })),
      /^engines.metadata.json it says that it belongs to stages/,
    ],
    [
      'one collection in two files',
      (folder) => {
        writeFileSync(join(folder, 'a%20b.bson'), '');
        for (const stem of ['a%20b', 'a+b'])
          writeFileSync(join(folder, `${stem}.metadata.json`), metadataOf({ name: 'a b' }));
        writeFileSync(join(folder, 'a+b.bson'), '');
      },
      /^a\+b.metadata.json belongs to a b, and so does another file$/,
    ],
    [
      'a long name that is lost',
      (folder) => {
        const stem = stemOf('x'.repeat(300));
        writeFileSync(join(folder, `${stem}.bson`), '');
        writeFileSync(join(folder, `${stem}.metadata.json`), '{"indexes":[]}');
      },
      /collectionName is missing$/,
    ],
  ])('%s', async (_case, change, expected) => {
    const folder = join(dump(), 'fleet');
    change(folder);
    const { defects } = await verifying(folder);
    expect(defects.map(({ where, problem }) => `${where} ${problem}`)).toEqual([expect.stringMatching(expected)]);
  });
});

describe('a dump of several databases', () => {
  function several(): string {
    const folder = dump();
    writeDump(folder, 'admin', [{ name: 'system.version', documents: [{ _id: 'authSchema' }] }]);
    return folder;
  }

  test('is that of the only one that is not the server’s', async () => {
    const folder = several();
    expect(await verifying(folder)).toEqual({
      ...SOUND,
      reported: ['Left alone, because they are not part of fleet: admin.'],
    });
  });

  test('asks which one is meant', async () => {
    const folder = several();
    writeDump(folder, 'crew', [{ name: 'members' }]);
    await expect(verifying(folder)).rejects.toThrow(
      `${folder} holds several databases (admin, crew, fleet). Choose one, as with --from crew.`,
    );
    expect(await verifying(folder, 'crew')).toMatchObject({ database: 'crew', names: ['members'], defects: [] });
    await expect(verifying(folder, 'moon')).rejects.toThrow('holds admin, crew, fleet, and no moon');
    await expect(verifying(join(folder, 'crew'), 'fleet')).rejects.toThrow('holds crew, and no fleet');
  });

  test('is none without collections, or where there is nothing', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'empty'));
    await expect(verifying(folder)).rejects.toThrow('holds no backup');
    await expect(verifying(join(folder, 'nowhere'))).rejects.toThrow('is not there');
  });
});
