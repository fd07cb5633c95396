import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Db, Document } from 'mongodb';
import { runHere } from '../testing/commands.ts';
import { testDatabase } from '../testing/database.ts';
import { temporaryFolder } from '../testing/processes.ts';
import { tapTo, type Tap } from '../testing/tap.ts';

// SecantusDB knows no buckets: it keeps what it is given under the name of the time series. So MongoDB's answers about
// versions and collections are scripted; documents are really written and read.

const TIME_SERIES = { timeField: 'at', metaField: 'of', granularity: 'hours', bucketMaxSpanSeconds: 2_592_000 };
const at = new Date('2026-11-01T00:00:00Z');
const BUCKETS: Document[] = [1, 2].map((of) => ({
  _id: of,
  control: { version: 2, min: { at, value: of }, max: { at, value: of + 1 }, count: 2 },
  meta: of,
  data: { at: Buffer.from('time'), value: Buffer.from('values') },
}));

type Listed = { name: string; type: string; options?: Document };
const listing = (...found: Listed[]): Document => ({
  ok: 1,
  cursor: {
    id: 0n,
    ns: 'db.$cmd.listCollections',
    firstBatch: found.map((one) => ({ options: {}, info: {}, ...one })),
  },
});
const asked = ({ filter }: Document, ...all: Listed[]) =>
  listing(...all.filter(({ name }) => filter.name === undefined || filter.name === name));

interface Server {
  version: string;
  /** Where the buckets of `past` lie. */
  place: string;
  listed: Listed[];
}

const SERIES: Listed = { name: 'past', type: 'timeseries', options: { timeseries: TIME_SERIES } };
const SERVERS: Record<string, Server> = {
  'MongoDB 8.2, beside the time series': {
    version: '8.2.1',
    place: 'system.buckets.past',
    listed: [SERIES, { name: 'system.buckets.past', type: 'collection' }, { name: 'system.views', type: 'collection' }],
  },
  'MongoDB 8.3, in the time series': { version: '8.3.0', place: 'past', listed: [SERIES] },
  'MongoDB 9.0, in the time series': { version: '9.0.0-alpha', place: 'past', listed: [SERIES] },
};

/** A line to a database, at which it looks like that server; the collections are those that are really there. */
async function pretend(db: Db, uri: string, { version, listed }: Server): Promise<Tap> {
  let names: string[] = [];
  const refresh = async () => {
    names = (await db.listCollections().toArray()).map(({ name }) => name);
  };
  await refresh();
  const tap = await tapTo(uri, (command) => {
    if (command['buildinfo']) return { ok: 1, version };
    if (command['create'] === 'past') names = [...names, 'past'];
    if (!command['listCollections'] || !names.some((name) => name.endsWith('past'))) return undefined;
    const others = names.filter((name) => !name.endsWith('past') && !name.startsWith('restoring.'));
    return asked(command, ...listed, ...others.map((name) => ({ name, type: 'collection' })));
  });
  return tap;
}

const instance = temporaryFolder();
const cli = (uri: string, ...parameters: string[]) =>
  runHere(parameters, { MONGODB_URI: uri, INSTANCE_PATH: instance });

describe('the buckets of a time series are backed up and restored as mongodump does it:', () => {
  test.each(Object.entries(SERVERS))('%s', async (_where, server) => {
    const { db, uri } = await testDatabase();
    await db.collection('engines').insertOne({ title: 'Merlin' });
    await db.createCollection('past');
    await db.collection(server.place).insertMany(BUCKETS);
    const directory = join(temporaryFolder(), 'made');
    const source = await pretend(db, uri, server);
    expect(await cli(source.uri, 'db:backup', directory)).toMatchObject({ code: 0 });
    const inside = join(directory, db.databaseName);
    expect(readdirSync(inside).toSorted()).toEqual(
      ['engines.bson', 'engines.metadata.json', `${server.place}.bson`, 'past.metadata.json'].toSorted(),
    );
    const metadata: Document = JSON.parse(readFileSync(join(inside, 'past.metadata.json'), 'utf8'));
    expect(metadata).toMatchObject({ type: 'timeseries', options: { timeseries: { timeField: 'at' } } });
    const isRaw = server.place === 'past';
    const rawReads = source.commands.filter(({ find, rawData }) => find === server.place && rawData === true);
    expect(rawReads.length > 0).toBe(isRaw);

    for (const [name, target] of Object.entries(SERVERS)) {
      const { db: other, uri: otherUri } = await testDatabase();
      const line = await pretend(other, otherUri, target);
      const restored = await cli(line.uri, 'db:restore', directory, '--to', other.databaseName);
      expect({ name, ...restored }).toMatchObject({ name, code: 0 });
      expect(await other.collection(target.place).find().toArray()).toMatchObject(
        BUCKETS.map(({ _id, meta }) => ({ _id, meta })),
      );
      const inserts = line.commands.filter(({ insert }) => insert === target.place);
      expect(inserts).toMatchObject([{ bypassDocumentValidation: false }]);
      expect(inserts[0]?.['rawData']).toBe(target.place === 'past' ? true : undefined);
    }
  });

  test('buckets with values of several types are taken after collMod has allowed them', async () => {
    const [server] = Object.values(SERVERS);
    if (server === undefined) throw new Error('there is no server');
    const { db, uri } = await testDatabase();
    await db.createCollection('past');
    await db.collection(server.place).insertMany(BUCKETS);
    const directory = join(temporaryFolder(), 'made');
    expect(await cli((await pretend(db, uri, server)).uri, 'db:backup', directory)).toMatchObject({ code: 0 });
    const { db: target, uri: targetUri } = await testDatabase();
    const { uri: line } = await pretend(target, targetUri, server);
    let isTold = false;
    const { uri: strict } = await tapTo(line, (command) => {
      isTold ||= command['collMod'] === 'past' && command['timeseriesBucketsMayHaveMixedSchemaData'] === true;
      if (isTold || command['insert'] !== server.place) return undefined;
      return { ok: 1, n: 0, writeErrors: [{ index: 0, code: 408, errmsg: 'mixed-schema data' }] };
    });
    expect(await cli(strict, 'db:restore', directory, '--to', target.databaseName)).toMatchObject({ code: 0 });
    expect(await target.collection(server.place).countDocuments()).toBe(2);
  });

  test('a server that keeps measurements takes no buckets, and the other way round', async () => {
    const [name, nine] = Object.entries(SERVERS).at(-1) ?? [];
    if (nine === undefined) throw new Error(`no server ${name}`);
    const { db, uri } = await testDatabase();
    await db.collection('past').insertMany(BUCKETS);
    const { uri: line } = await pretend(db, uri, nine);
    const ofBuckets = join(temporaryFolder(), 'made');
    expect(await cli(line, 'db:backup', ofBuckets)).toMatchObject({ code: 0 });
    const { db: target, uri: targetUri } = await testDatabase();
    expect(await cli(targetUri, 'db:restore', ofBuckets)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('past is a time series of buckets, and this server keeps measurements.'),
    });
    expect(await target.listCollections().toArray()).toEqual([]);

    await target.createCollection('past', { timeseries: { timeField: 'at' } });
    await target.collection('past').insertOne({ at, value: 1 });
    const ofMeasurements = join(temporaryFolder(), 'made');
    expect(await cli(targetUri, 'db:backup', ofMeasurements)).toMatchObject({ code: 0 });
    const { db: empty, uri: emptyUri } = await testDatabase();
    const { uri: emptyLine } = await pretend(empty, emptyUri, nine);
    expect(await cli(emptyLine, 'db:restore', ofMeasurements)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('past is a time series of measurements, and this server keeps buckets.'),
    });
  });
});

const UNCARRIED: Record<string, { answer: (command: Document) => Document | undefined; stderr: string; skip: string }> =
  {
    'a time series that may not be read as buckets': {
      answer(command) {
        if (command['buildinfo']) return { ok: 1, version: '9.0.0' };
        if (command['listCollections']) return asked(command, SERIES, { name: 'engines', type: 'collection' });
        if (command['find'] !== 'past') return undefined;
        return { ok: 0, code: 13, errmsg: 'not authorized to perform performRawDataOperations' };
      },
      stderr: 'past cannot be read (not authorized to perform performRawDataOperations). ',
      skip: 'past',
    },
    'a kind of a later release': {
      answer: (command) =>
        command['listCollections']
          ? asked(command, { name: 'odd', type: 'stream' }, { name: 'engines', type: 'collection' })
          : undefined,
      stderr: 'odd is of an unknown kind. ',
      skip: 'odd',
    },
    'buckets without their time series': {
      answer: (command) =>
        command['listCollections']
          ? asked(command, { name: 'system.buckets.gone', type: 'collection' }, { name: 'engines', type: 'collection' })
          : undefined,
      stderr: 'system.buckets.gone holds the buckets of a time series that is missing. ',
      skip: 'system.buckets.gone',
    },
  };

describe('what cannot be backed up is named before anything is written, and can be left out:', () => {
  test.each(Object.entries(UNCARRIED))('%s', async (_what, { answer, stderr, skip }) => {
    const { db, uri } = await testDatabase();
    await db.collection('engines').insertOne({ title: 'Merlin' });
    await db.createCollection(skip);
    const { uri: line } = await tapTo(uri, answer);
    const directory = join(temporaryFolder(), 'made');
    const refused = await cli(line, 'db:backup', directory);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        `Nothing was backed up: ${stderr}Leave out what you can do without (--skip '${skip}'), or use mongodump.`,
      ),
    });
    expect(refused.stderr).not.toContain('Backup of');
    expect(existsSync(directory)).toBe(false);

    const made = await cli(line, 'db:backup', directory, '--skip', skip);
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining(`Left out: ${skip}.`) });
    expect(readdirSync(join(directory, db.databaseName)).toSorted()).toEqual(['engines.bson', 'engines.metadata.json']);
    const { db: target, uri: targetUri } = await testDatabase();
    expect(await cli(targetUri, 'db:restore', directory)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`Not in the backup, because db:backup --skip left them out: ${skip}.`),
    });
    expect(await target.collection('engines').countDocuments()).toBe(1);
  });

  test('several at once, among them an index whose fields would change their order', async () => {
    const { db, uri } = await testDatabase();
    await db.collection('engines').insertOne({ title: 'Merlin' });
    await db.command({ createIndexes: 'stages', indexes: [{ key: { 10: 1, 9: 1 }, name: 'odd' }] });
    await db.createCollection('order', { viewOn: 'engines', pipeline: [{ $sort: { 10: 1, 9: 1 } }] });
    const directory = join(temporaryFolder(), 'made');
    expect(await cli(uri, 'db:backup', directory)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /order sorts by fields.*; stages has the index odd.*--skip 'order' --skip 'stages'/,
      ),
    });
    expect(await cli(uri, 'db:backup', directory, '--skip', 'order', '--skip', 'stages')).toMatchObject({ code: 0 });
  });

  test('a name of no collection is an error of whoever typed it', async () => {
    const { db, uri } = await testDatabase();
    await db.collection('engines').insertOne({ title: 'Merlin' });
    expect(await cli(uri, 'db:backup', join(temporaryFolder(), 'made'), '--skip', 'engine')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${db.databaseName} has no collection engine that could be left out.`),
    });
  });
});
