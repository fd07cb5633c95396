import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { REWRITTEN } from '../migrate/run/rewritten.ts';
import { MIGRATIONS } from '../migrations.ts';
import { testDatabase } from '../testing/database.ts';
import { ownMigrations } from '../testing/migrations-folder.ts';
import { run, runCli } from '../testing/processes.ts';

test('a database that earlier files have migrated is told what to do once, and goes on', async () => {
  const { db, uri } = await testDatabase();
  const env = { MONGODB_URI: uri };
  const migrateMongo = (command: string) => run(['node_modules/.bin/migrate-mongo', command], env);
  const applied = ownMigrations.slice(0, -1);
  const newest = applied.at(-1) ?? '';
  expect(await runCli(['migrate:to', newest], env)).toMatchObject({ code: 0 });
  for (const [index, fileName] of applied.entries()) {
    const earlier = (REWRITTEN[fileName] ?? []).slice(0, -1);
    await db.collection('changelog').updateOne({ fileName }, { $set: { fileHash: earlier[index % earlier.length] } });
  }

  const stamping = `npm run migrate:stamp -- ${newest}`;
  expect(await migrateMongo('up')).toMatchObject({ code: 1, stderr: expect.stringContaining(stamping) });
  const { code, stdout } = await runCli(['migrate:check', '--json'], env);
  expect([code, JSON.parse(stdout).map(({ rule }: { rule: string }) => rule)]).toEqual([
    1,
    applied.map(() => 'rewritten'),
  ]);

  expect(await runCli(['migrate:stamp', newest], env)).toMatchObject({ code: 0 });
  expect(await runCli(['migrate:check'], env)).toMatchObject({ code: 0 });
  const { stdout: migrated } = await migrateMongo('up');
  expect(migrated).toBe(`MIGRATED UP: ${ownMigrations.at(-1)}\n`);
});

test.each([...ownMigrations, 'sample-migration.ts'])('%s imports mongodb and #migrate alone', (name) => {
  const text = readFileSync(join(MIGRATIONS, name), 'utf8');
  const sources = [...text.matchAll(/\bfrom '([^']*)'|\bimport\(([^)]*)\)|^import '([^']*)'/gm)].map(
    ([, from, dynamic, bare]) => from ?? dynamic ?? bare,
  );
  expect(['mongodb', '#migrate']).toEqual(expect.arrayContaining(sources));
});
