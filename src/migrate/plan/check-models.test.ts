import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { isOwn } from '../../own-collections.ts';
import { testDatabase } from '../../testing/database.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readFiles } from '../run/files.ts';
import { checkModels } from './check-models.ts';

const { connection } = await testDatabase();

const FIRST = '20260101000000-first.ts';
const SECOND = '20260202000000-second.ts';
const THIRD = '20260303000000-third.ts';
const create = (...names: string[]) => ({
  up: names.map((name) => `await db.createCollection('${name}');`).join(' '),
});
const models = [{ name: 'engines', validator: null, indexes: [] }];

async function check(folder: string, withoutModel: Record<string, string> = {}, unusable: string[] = []) {
  const { files } = await readFiles(folder);
  return checkModels(files, { client: connection.getClient(), folder, models, withoutModel }, unusable);
}

test('a collection without a model is reported with both remedies, unless it is declared to have none', async () => {
  const folder = migrationsFolder({ [FIRST]: create('engines', 'flags') });
  expect(await check(folder)).toEqual([
    {
      rule: 'models',
      file: FIRST,
      message: expect.stringContaining('the collection flags is removed'),
      remedy: expect.stringMatching(
        /^Run npm run migrate:new .*; or, if .*, name it in WITHOUT_MODEL of src\/models\.ts\.$/,
      ),
    },
  ]);
  expect(await check(folder, { flags: 'is read by the ground station' })).toEqual([]);
});

test.each([
  'changelog',
  'changelog_lock',
  'migration_lease',
  'archive.engines.thrust',
  'restoring.state',
  'restoring.3',
  'scratch.owner',
  'access_keys',
  'access_secrets',
  'system.js',
])('%s is never taken for data', async (name) => {
  expect(isOwn(name)).toBe(true);
  expect(await check(migrationsFolder({ [FIRST]: create('engines', name) }))).toEqual([]);
});

test.each(['changelogs', 'archives', 'restoring', 'restoring.x', 'scratch', 'systems', 'migrations'])(
  '%s is data',
  async (name) => {
    expect(isOwn(name)).toBe(false);
  },
);

test('what models need is reported although a file cannot be used, with what to correct first', async () => {
  const folder = migrationsFolder({ [FIRST]: create('pumps'), [SECOND]: create('engines'), [THIRD]: create('tanks') });
  writeFileSync(join(folder, SECOND), 'export {};\n');
  const findings = await check(folder, {}, [SECOND]);
  expect(findings.map(({ message }) => message.replace(/.*: /, ''))).toEqual([
    'the collection engines is added.',
    'the collection pumps is removed.',
    'the collection tanks is removed.',
  ]);
  expect(findings.every(({ remedy }) => remedy.startsWith(`First correct ${SECOND}, which may make it. Run`))).toBe(
    true,
  );
});

test('a migration that fails is one finding among others', async () => {
  const folder = migrationsFolder({
    [FIRST]: create('engines'),
    [SECOND]: { up: "throw new Error('Write how engines.thrust becomes int');" },
    [THIRD]: create('tanks'),
  });
  expect(await check(folder)).toEqual([
    { rule: 'unusable', file: SECOND, message: 'fails: Write how engines.thrust becomes int.', remedy: 'Correct it.' },
    expect.objectContaining({ rule: 'models', remedy: expect.stringContaining(`First correct ${SECOND}`) }),
  ]);
});
