import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Db, Document } from 'mongodb';
import { backup } from '../database/backup/backup.ts';
import { openRestore } from '../database/backup/restore-state.ts';
import { silent } from '../database/backup/watch.ts';
import { archiveFile } from '../testing/dumped-fleet.ts';
import { archiveOf } from '../testing/mongodump-archive.ts';
import { runHere } from '../testing/commands.ts';
import { testDatabase } from '../testing/database.ts';
import { CLI, launch, temporaryFolder } from '../testing/processes.ts';
import { tapTo } from '../testing/tap.ts';

const { db: source } = await testDatabase();
await source.createCollection('engines', { validator: { title: { $type: 'string' } } });
await source.collection('engines').insertMany([{ title: 'Merlin' }, { title: 'Raptor' }]);
await source.collection('engines').createIndex({ title: 1 }, { unique: true });
await source.collection('stages').insertMany([{ number: 1 }, { number: 2 }]);
await source.createCollection('strong', { viewOn: 'engines', pipeline: [{ $match: { title: 'Merlin' } }] });
const instance = temporaryFolder();

const made = () => backup(source, join(temporaryFolder(), 'made'), { watch: silent });

/** A folder as mongodump leaves it, which has no manifest. */
async function dump(): Promise<{ directory: string; file: (name: string) => string }> {
  const { directory } = await made();
  for (const name of ['manifest.json', 'manifest.sha256']) rmSync(join(directory, name));
  return { directory, file: (name) => join(directory, source.databaseName, name) };
}

/** Everything in a database, whatever its name is. */
async function everything(db: Db): Promise<Document[]> {
  const listed = await db.listCollections({}, { nameOnly: false }).toArray();
  return Promise.all(
    listed
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
      .map(async ({ name, type, options }) => ({
        name,
        type,
        options,
        indexes: type === 'view' ? [] : await db.collection(name).indexes(),
        documents: await db.collection(name).find().sort({ _id: 1 }).toArray(),
      })),
  );
}

interface Refusal {
  message: string;
  /** The folder that is restored. */
  from: () => Promise<string>;
  /** What the server answers instead of doing it. */
  answer?: (command: Document) => Document | undefined;
}

const failure = (code: number, errmsg: string) => ({ ok: 0, code, errmsg });
const isInsertOf = (name: RegExp) => (command: Document) => name.test(String(command['insert']));
const LOADED = /^(stages|restoring\.1)$/;

const REFUSALS: Record<string, Refusal> = {
  'a folder that is not there': { message: 'is not there', from: async () => join(instance, 'none') },
  'a damaged file': {
    message: 'engines.bson it ends in the middle of document 3',
    async from() {
      const { directory } = await made();
      appendFileSync(join(directory, source.databaseName, 'engines.bson'), '\0');
      return directory;
    },
  },
  'data of an unknown kind': {
    message: 'extra.bson.zst is data that does not belong to this backup',
    async from() {
      const { directory } = await made();
      writeFileSync(join(directory, source.databaseName, 'extra.bson.zst'), 'x');
      return directory;
    },
  },
  'an index that the server does not know': {
    message: 'Index words of stages cannot be made here',
    async from() {
      const { directory, file } = await dump();
      const indexes = [{ v: 2, key: { words: 'nonsense' }, name: 'words' }];
      writeFileSync(file('stages.metadata.json'), JSON.stringify({ indexes, collectionName: 'stages' }));
      return directory;
    },
  },
  'a collection that the server refuses': {
    message: 'This server cannot make stages',
    from: async () => (await made()).directory,
    answer: ({ create }) => (LOADED.test(create) ? failure(72, 'no such option') : undefined),
  },
  'a view that the server refuses': {
    message: 'This server cannot make strong',
    from: async () => (await made()).directory,
    answer: ({ viewOn }) => (viewOn === undefined ? undefined : failure(40_324, 'Unrecognized pipeline stage')),
  },
  'a document that the server refuses': {
    message: 'This server does not take document 3 of stages',
    async from() {
      const { directory, file } = await dump();
      const [first] = await source.collection('stages').find({}, { raw: true }).limit(1).toArray();
      if (first instanceof Uint8Array) appendFileSync(file('stages.bson'), first);
      return directory;
    },
  },
  'a document of an archive that the server refuses': {
    message: 'This server does not take document 2 of stages',
    async from() {
      const stages = { name: 'stages', documents: [{ _id: 1 }, { _id: 1 }] };
      return archiveFile(archiveOf({ fleet: [{ name: 'engines', documents: [{ _id: 1 }, { _id: 2 }] }, stages] }));
    },
  },
  'a user who may not write one of the collections': {
    message: 'is not permitted: not authorized. Run it as a user who has the role restore.',
    from: async () => (await made()).directory,
    answer: (command) => (isInsertOf(LOADED)(command) ? failure(13, 'not authorized') : undefined),
  },
  'a user who may write nothing': {
    message: 'is not permitted',
    from: async () => (await made()).directory,
    answer: (command) => (command['findAndModify'] === undefined ? undefined : failure(13, 'not authorized')),
  },
};

const cases = Object.entries(REFUSALS).flatMap(([name, refusal]) => [
  { name: `${name}, in an empty database`, ...refusal, isEmpty: true },
  { name: `${name}, in one with data`, ...refusal, isEmpty: false },
]);

test.each(cases)('it leaves nothing: $name', async ({ message, from, answer, isEmpty }) => {
  const { db, uri } = await testDatabase();
  if (!isEmpty) await db.collection('engines').insertOne({ title: 'old' });
  const before = await everything(db);
  const tap = await tapTo(uri, answer);
  const outcome = await restore(tap.uri, await from(), ...(isEmpty ? [] : ['--replace']));
  expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
  expect(await everything(db)).toEqual(before);
});

test.each(['', 'a.b', 'a b', 'a/b', 'a$b', 'é'.repeat(32), 'admin', 'config', 'local'])(
  'a name that no restore can have is reported in one line: "%s"',
  async (name) => {
    const { uri } = await testDatabase();
    const { directory } = await made();
    const { code, stderr } = await restore(uri, directory, '--to', name);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('with --to.') });
    expect(stderr.trimEnd().split('\n')).toHaveLength(2); // which database, and why not
    expect(await source.client.db('admin').listCollections().toArray()).toEqual([]);
  },
);

test('it leaves nothing: a database with data, and no --replace', async () => {
  const { db, uri } = await testDatabase();
  await db.collection('engines').insertOne({ title: 'old' });
  const before = await everything(db);
  const { directory } = await made();
  expect(await restore(uri, directory)).toMatchObject({ code: 1, stderr: expect.stringContaining('Add --replace') });
  expect(await everything(db)).toEqual(before);
});

test.each([
  ['an empty database', true],
  ['one with data', false],
])('a server that is no primary for a moment: the next run goes on, in %s', async (_where, isEmpty) => {
  const { db, uri } = await testDatabase();
  if (!isEmpty) await db.collection('engines').insertOne({ title: 'old' });
  const replace = isEmpty ? [] : ['--replace'];
  const { directory } = await made();
  const tap = await tapTo(uri, (command) => (isInsertOf(LOADED)(command) ? failure(10_107, 'not primary') : undefined));
  expect(await restore(tap.uri, directory, ...replace)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('stopped: not primary. Run it again: it continues where it stopped.'),
  });
  expect(await restore(uri, directory, ...replace)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(`Continuing a restore of ${directory} that was interrupted.`),
  });
  expect((await everything(db)).map(({ documents }) => documents.length)).toEqual([2, 2, 1]);
});

test('Ctrl-C while documents are loaded: the next run says so, and goes on', async () => {
  const { db: large } = await testDatabase();
  const texts = ['x', 'y', 'z'].map((letter) => ({ text: letter.repeat(2_500_000) })); // a batch each
  await large.collection('texts').insertMany(texts);
  const { directory } = await backup(large, join(temporaryFolder(), 'made'), { watch: silent });
  const { db, uri } = await testDatabase();
  let isKilled = false;
  const tap = await tapTo(uri, (command) => {
    if (isInsertOf(/^texts$/)(command) && !isKilled) isKilled = child.kill('SIGINT');
    return undefined;
  });
  const command = [...CLI, 'db:restore', directory];
  const { child, ended } = launch(command, { MONGODB_URI: tap.uri, INSTANCE_PATH: instance });
  expect(await ended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      `The restore into ${db.databaseName} was interrupted. Run it again: it continues where it stopped.`,
    ),
  });
  const left = await everything(db);
  expect(left.map(({ name }) => name)).toEqual(['restoring.state', 'texts']);
  expect(await cli(uri, 'db:backup', join(temporaryFolder(), 'half'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`A restore of ${directory} into ${db.databaseName} has not come to its end.`),
  });
  expect(await restore(uri, directory)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('Continuing a restore'),
  });
  expect((await everything(db)).map(({ name, documents }) => [name, documents.length])).toEqual([['texts', 3]]);
});

test('while another restore goes on: it is refused, and the right of the other is left alone', async () => {
  const { db, uri } = await testDatabase();
  const { directory } = await made();
  const open = await openRestore(db);
  await open.record({ phase: 'loading', direct: true, backup: 'another', directory: 'elsewhere' });
  const before = await everything(db);
  expect(await restore(uri, directory)).toMatchObject({ code: 1, stderr: expect.stringContaining('is going on') });
  expect((await everything(db)).map(({ documents }) => documents[0]?.owner)).toEqual(
    before.map(({ documents }) => documents[0]?.owner),
  );
  await open.finish();
  expect(await everything(db)).toEqual([]);
});

const cli = (uri: string, ...parameters: string[]) =>
  runHere(parameters, { MONGODB_URI: uri, INSTANCE_PATH: instance });
const restore = (uri: string, directory: string, ...options: string[]) => cli(uri, 'db:restore', directory, ...options);
