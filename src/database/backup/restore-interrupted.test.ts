import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { MongoClient, type Db } from 'mongodb';
import { archiveFile } from '../../testing/dumped-fleet.ts';
import { archiveOf } from '../../testing/mongodump-archive.ts';
import { dumpedOf } from '../../testing/mongodump.ts';
import { testDatabase } from '../../testing/database.ts';
import { run, temporaryFolder } from '../../testing/processes.ts';
import { backup } from './backup.ts';
import { describeCollections } from './collections.ts';
import { restore } from './restore.ts';
import { silent } from './watch.ts';

const quiet = { watch: silent };

const { db: source, uri } = await testDatabase();
await source.createCollection('engines', { validator: { title: { $type: 'string' } } });
await source.collection('engines').insertMany(Array.from({ length: 5 }, (_, index) => ({ title: `Engine ${index}` })));
await source.collection('engines').createIndex({ title: 1 }, { unique: true });
await source.collection('stages').insertMany([1, 2, 3].map((number) => ({ number })));
await source.createCollection('strong', { viewOn: 'engines', pipeline: [{ $match: { title: 'Engine 1' } }] });
const { directory } = await backup(source, join(temporaryFolder(), 'made'), quiet);
const expected = await everything(source);

/** The same in an archive of mongodump, in which the documents of both collections take turns. */
const archive = archiveFile(archiveOf({ [source.databaseName]: await dumpedOf(source) }));
const BACKUPS = { folder: directory, archive };
const forms = ['folder', 'archive'] as const;
type Form = (typeof forms)[number];

async function everything(db: Db): Promise<unknown> {
  const described = await describeCollections(db);
  const engines = await db.collection('engines').find().sort({ title: 1 }).toArray();
  const stages = await db.collection('stages').find().sort({ number: 1 }).toArray();
  return { engines, stages, collections: described.map(({ name, options, indexes }) => ({ name, options, indexes })) };
}

/** A database of its own with an old engine, or an empty one. */
async function target(name: string, inUse: boolean): Promise<Db> {
  const db = source.client.db(`${source.databaseName}-${name}`);
  if (inUse) await db.collection('engines').insertOne({ title: 'old' });
  return db;
}

/** Restores, and loses the database for good after so many commands. @returns whether it came to its end before */
async function restoreUntil(form: Form, last: number, to: string, replace: boolean): Promise<boolean> {
  const client = new MongoClient(uri, { monitorCommands: true });
  let commands = 0;
  client.on('commandStarted', () => {
    commands += 1;
    if (commands > last) throw new Error('the database is gone');
  });
  try {
    await restore(client, BACKUPS[form], { to, replace, ...quiet });
    return true;
  } catch (error) {
    expect(String(error)).toMatch(/OperatorError: .*the database is gone.*Run it again/);
    return false;
  } finally {
    await client.close().catch(() => {});
  }
}

/** What a restore left that ended somewhere, and what the next one makes of it. */
async function expectToGoOn(form: Form, db: Db, replace: boolean): Promise<void> {
  const state = await db.collection('restoring.state').findOne();
  if (replace && state?.['phase'] !== 'swapping')
    expect(await db.collection('engines').find().toArray()).toMatchObject([{ title: 'old' }]);
  await restore(db.client, BACKUPS[form], { to: db.databaseName, replace, ...quiet });
  expect(await everything(db)).toEqual(expected);
  const names = (await db.listCollections().toArray()).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('restoring'))).toEqual([]);
}

/** Whether the database was lost at that step, and all went well nevertheless; `false` if the restore has fewer. */
async function survives(form: Form, step: number, replace: boolean): Promise<boolean> {
  const db = await target(`${form}-${replace}-${step}`, replace);
  const isDone = await restoreUntil(form, step, db.databaseName, replace);
  if (!isDone) await expectToGoOn(form, db, replace);
  await db.dropDatabase();
  return !isDone;
}

const seed = Date.now();
/** Different ones, as each has a database of its own. */
function someSteps(count: number, last: number): number[] {
  const steps = fc.uniqueArray(fc.integer({ min: 3, max: last }), { minLength: count, maxLength: count });
  return fc.sample(steps, { numRuns: 1, seed }).flat();
}

test.each(forms)('a restore that loses the database at any step is ended by the next one (%s)', async (form) => {
  let next = 0;
  let isDone = false;
  const lane = async () => {
    while (!isDone) if (!(await survives(form, next++, true))) isDone = true;
  };
  await Promise.all([lane(), lane(), lane()]);
  expect(next).toBeGreaterThan(27);
});

test.concurrent.each(forms.flatMap((form) => someSteps(3, 17).map((step) => [form, step] as const)))(
  `the same into an empty database (%s, step %d of seed ${seed})`,
  async (form, step) => {
    expect(await survives(form, step, false)).toBe(true);
  },
);

/** Restores, and kills itself before its n-th command. */
const SCRIPT = `
  import { MongoClient } from 'mongodb';
  import { restore } from './src/database/backup/restore.ts';
  import { silent } from './src/database/backup/watch.ts';
  const [uri, directory, to, last] = JSON.parse(process.argv.at(-1));
  const client = new MongoClient(uri, { monitorCommands: true });
  let commands = 0;
  client.on('commandStarted', () => (commands += 1) > last && process.kill(process.pid, 'SIGKILL'));
  await restore(client, directory, { to, replace: true, watch: silent });
  await client.close();
`;

test.concurrent.each(someSteps(2, 24))(
  `a restore that is killed is ended by the next one (step %d of seed ${seed})`,
  async (step) => {
    const db = await target(`killed-${step}`, true);
    const command = ['node', '--import', 'tsx/esm', '--input-type=module', '--eval', SCRIPT];
    const { code } = await run([...command, JSON.stringify([uri, directory, db.databaseName, step])], {});
    expect(code).toBeNull();
    await expectToGoOn('folder', db, true);
    await db.dropDatabase();
  },
);
