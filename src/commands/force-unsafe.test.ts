import { expect, test } from '@jest/globals';
import { readHistory } from '../migrate/run/journal.ts';
import { testDatabase } from '../testing/database.ts';
import { everythingIn } from '../testing/everything.ts';
import { migrationsFolder } from '../testing/migrations-folder.ts';
import { run, runCli, temporaryFolder } from '../testing/processes.ts';

const NAME = '20260101000000-one.ts';
const instance = temporaryFolder();

/** Takes a database where two things have the same title, and a migration of it. */
async function prepared(up: string) {
  const { db, uri } = await testDatabase();
  await db.collection('things').insertMany([{ title: 'a' }, { title: 'a' }]);
  const things = async () => (await everythingIn(db)).filter(([collection]) => Object(collection).name === 'things');
  const folder = ['--migrations-dir', migrationsFolder({ [NAME]: { up } })];
  const env = { MONGODB_URI: uri, INSTANCE_PATH: instance };
  return { db, things, folder, env };
}

test.each([
  ['drops a collection', "await db.dropCollection('things');", '--force-unsafe drop-collection:things'],
  [
    'makes a unique index over duplicates after a safe write',
    "await db.collection('others').insertOne({}); await db.createIndex('things', 'title', { unique: true });",
    '--force-unsafe unique-over-duplicates:things',
  ],
  [
    'asks last for what may write unseen',
    "await db.collection('things').insertOne({}); await db.collection('things').aggregate().out('x').toArray();",
    'cursor.out() cannot be used in a migration',
  ],
  [
    'writes to another database',
    "await db.collection('things').insertOne({}); await client.db('other').collection('things').insertOne({});",
    'cannot write to other',
  ],
])('npx migrate-mongo up refuses a migration that %s, and has written nothing', async (_what, up, reported) => {
  const { db, things, folder, env } = await prepared(up);
  const before = await things();
  const { code, stdout, stderr } = await run(['node_modules/.bin/migrate-mongo', 'up', ...folder], env);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(reported);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(await things()).toEqual(before);
  expect(await readHistory(db)).toEqual({ applied: [], entries: [], unfinished: [] });
});

test('migrate:to does an unsafe step that is named, and no other', async () => {
  const { db, things, folder, env } = await prepared("await db.dropCollection('things');");
  const to = (name: string) => runCli(['migrate:to', 'head', ...folder, '--force-unsafe', name], env);
  const refused = await to('drop-collection:others');
  expect([refused.code, (await things()).length]).toEqual([1, 1]);
  const advice = /npm run migrate:to -- head --force-unsafe (\S+)/.exec(refused.stderr)?.[1] ?? '';
  expect(await to(advice)).toMatchObject({ code: 0, stdout: `MIGRATED UP: ${NAME}\n` });
  expect(await things()).toEqual([]);
  expect((await readHistory(db)).applied.map(({ fileName }) => fileName)).toEqual([NAME]);
});
