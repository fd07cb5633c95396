import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { run, temporaryFolder } from '../../testing/processes.ts';
import { readNames } from '../run/files.ts';
import { slugOf, stampAfter } from './file-name.ts';
import { writeMigration } from './write.ts';

const LONG = 'the thrust of every engine is told in newtons from now on, and no longer in kilonewtons; '.repeat(4);

test.each([
  ['add lastFired', 'add_lastFired'],
  ['add-a_note', 'add-a_note'],
  ['füge Notiz hinzu', 'fuge_Notiz_hinzu'],
  ['add (note)', 'add_note'],
  ['v1.2', 'v1_2'],
  ['split a/b, ../../c\\d', 'split_a_b_c_d'],
  ["the engine's name", 'the_engines_name'],
  ['добавить заметку', 'dobavit_zametku'],
  ['添加备注', 'TianJiaBeiZhu'],
  ['🚀', 'rocket'],
  ['ﬁx Ⅳ', 'fix_IV'],
  ['-- a note', 'a_note'],
  ['\u{1B}[31m\nred\u{2028}', '31m_red'],
  ['?!', 'migration'],
  ['\u{E000}', 'migration'],
  [LONG, 'the_thrust_of_every_engine_is_told_in_newtons_from_now_on'],
  ['x'.repeat(300), 'x'.repeat(60)],
])('%j is called %s', (text, expected) => {
  expect(slugOf(text)).toBe(expected);
});

test('any text has a name that is taken for one of a migration, and is the same when it is made again', async () => {
  const folder = temporaryFolder();
  const names = new Set<string>();
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const slug = slugOf(text);
      expect(slug.length).toBeLessThanOrEqual(60);
      expect(slugOf(slug)).toBe(slug);
      names.add(`20260101000000-${slug}.ts`);
    }),
  );
  for (const name of names) writeFileSync(join(folder, name), '');
  expect(await readNames(folder)).toEqual({ migrations: [...names].toSorted(), stray: [] });
});

const NOW = new Date('2026-11-02T03:04:05.678Z');

test.each([
  [undefined, '20261102030405'],
  ['20261102030404-a.ts', '20261102030405'],
  ['20261102030405-a.ts', '20261102030406'],
  ['20261102030459-a.ts', '20261102030500'],
  ['20271231235959-a.ts', '20280101000000'],
  ['20280228235959-a.ts', '20280229000000'],
  ['20270101240000-a.ts', '20270102000000'],
  ['20270101126199-a.ts', '20270101130239'],
  ['20270000000000-a.ts', '20270101000000'],
  ['20271399000000-a.ts', '20280408000000'],
])('behind %s comes %s', (newest, expected) => {
  expect(stampAfter(newest, NOW)).toBe(expected);
});

test.each(['99991231235959-a.ts', '99999999999999-a.ts'])(
  'no file can come after %s, and the error says so',
  (newest) => {
    expect(() => stampAfter(newest, NOW)).toThrow(
      `No migration can come after ${newest}: its time stamp is the last one possible. Rename that file`,
    );
  },
);

test('files that are written at once have stamps of their own, also behind one of the future', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '20990101000000-later.ts'), '');
  const written = await Promise.all(['b', 'a', 'b', 'b'].map((text) => writeMigration(folder, text, 'export {};\n')));
  const names = [...new Set(written.map(({ name }) => name))].toSorted();
  expect(new Set(names.map((name) => name.slice(0, 14))).size).toBe(4);
  expect(readdirSync(folder).toSorted()).toEqual(['20990101000000-later.ts', ...names]);
});

const BARE = 'node_modules/.bin/migrate-mongo';

test('create names its file safely, refuses an empty description, and says that a stamp is ahead', async () => {
  const folder = join(temporaryFolder(), 'migrations');
  const create = (text: string) => run([BARE, 'create', '--migrations-dir', folder, '--', text], {});
  expect(await create('x')).toMatchObject({ code: 1, stderr: expect.stringMatching(/^.* cannot be read .*\.\n$/) });
  mkdirSync(folder);
  const [first, second] = await Promise.all([create('füge (Notiz) hinzu'), create('-v1.2')]);
  expect([first, second]).toMatchObject([{ code: 0 }, { code: 0 }]);
  const { migrations, stray } = await readNames(folder);
  expect([migrations.map((name) => name.slice(15)).toSorted(), stray]).toEqual([
    ['fuge_Notiz_hinzu.ts', 'v1_2.ts'],
    [],
  ]);
  expect(new Set(migrations.map((name) => name.slice(0, 14))).size).toBe(2);
  // migrate-mongo itself refuses an empty text, before it reads the configuration that leads here.
  expect(await create(' \t')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^.*Describe the change in a few words.*\n$/),
  });
  writeFileSync(join(folder, '20990101000000-later.ts'), '');
  const { stdout, stderr } = await create('one more');
  expect([stdout, stderr]).toEqual([
    expect.stringContaining('20990101000001-one_more.ts'),
    expect.stringContaining('The date in the name of 20990101000000-later.ts is in the future.'),
  ]);
});
