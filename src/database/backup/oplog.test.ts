import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { dump, ENGINES, SOUND, verifying } from '../../testing/dumped-fleet.ts';
import { bytesOf } from '../../testing/mongodump.ts';

describe('an oplog', () => {
  const ENTRIES = [
    { op: 'n', ns: '', o: { msg: 'periodic noop' } },
    { op: 'i', ns: 'fleet.engines', o: { _id: 1 } },
    { op: 'u', ns: 'fleets.engines', o: {} },
    {
      op: 'c',
      ns: 'admin.$cmd',
      o: {
        applyOps: [
          { op: 'd', ns: 'fleet.a' },
          { op: 'i', ns: 'crew.b' },
        ],
      },
    },
  ];

  test.each([false, true])('is reported, and not replayed; gzip: %s', async (gzip) => {
    const folder = dump(undefined, gzip);
    const oplog = bytesOf(ENTRIES);
    writeFileSync(join(folder, 'oplog.bson'), gzip ? gzipSync(oplog) : oplog);
    expect(await verifying(folder)).toEqual({
      ...SOUND,
      reported: [
        'The oplog holds writes to fleet that were made while mongodump ran (2). They are not replayed here, so ' +
          'documents may be of different moments: mongorestore --oplogReplay replays them.',
      ],
    });
  });

  test('without writes to the database says so; a damaged one is refused', async () => {
    const folder = dump();
    writeFileSync(join(folder, 'oplog.bson'), bytesOf(ENTRIES.slice(0, 1)));
    expect((await verifying(folder)).reported).toEqual(['The oplog holds no writes to fleet.']);
    writeFileSync(join(folder, 'oplog.bson'), bytesOf(ENTRIES).subarray(0, -1));
    expect((await verifying(folder)).defects).toMatchObject([{ where: 'oplog.bson' }]);
  });

  test('of that name is a collection where it has metadata', async () => {
    const folder = dump([ENGINES, { name: 'oplog' }]);
    expect(await verifying(join(folder, 'fleet'))).toMatchObject({ names: ['engines', 'oplog'], reported: [] });
    renameSync(join(folder, 'fleet'), join(folder, 'ships'));
    expect(await verifying(folder)).toMatchObject({ database: 'ships', names: ['engines', 'oplog'] });
  });
});
