import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { testDatabase } from '../../testing/database.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { run } from '../../testing/processes.ts';
import { findingsOf } from './checks.ts';
import { readState } from './state.ts';

const FIRST = '20260101000000-first.ts';
const SECOND = '20260202000000-second.ts';
const THIRD = '20260303000000-third.ts';

const up = `export async function up() { await 1; }\n`;
const both = `${up}export async function down() { await 1; }\n`;

test.each([
  ['without down', up, 'exports no function down.', 'Compare it with sample-migration.ts.'],
  ['without anything', 'export {};\n', 'exports no function up.', 'Compare it with sample-migration.ts.'],
  ['that throws', `${both}throw new Error('boom');\n`, 'cannot be loaded: boom.', 'Correct it.'],
  [
    'with another after',
    `${both}export const after = 5;\n`,
    'exports 5 as after.',
    'It must be the name of a migration, or null.',
  ],
  [
    'with another transaction',
    `${both}export const transaction = 1;\n`,
    'exports 1 as transaction.',
    'It must be true or false.',
  ],
])('a file %s is one finding among others, and up begins nothing', async (_what, text, message, remedy) => {
  const { db, uri } = await testDatabase();
  const folder = migrationsFolder({
    [FIRST]: { up: 'await 1;', down: '', more: 'export const after = null;' },
    [THIRD]: { up: 'await 1;', more: `export const after = '${SECOND}';` },
  });
  writeFileSync(join(folder, SECOND), text);
  expect(await findingsOf(await readState(db, folder))).toEqual([
    { rule: 'unusable', file: SECOND, message, remedy },
    expect.objectContaining({ rule: 'empty', file: FIRST }),
  ]);
  const { code, stderr } = await run(['node_modules/.bin/migrate-mongo', 'up', '--migrations-dir', folder], {
    MONGODB_URI: uri,
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining(`${SECOND} ${message} ${remedy}`)]);
  expect(await db.collection('changelog').countDocuments()).toBe(0);
});
