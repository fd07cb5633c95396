import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { testDatabase } from '../../testing/database.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { backup } from './backup.ts';
import { prune } from './prune.ts';
import { silent } from './watch.ts';

const { db } = await testDatabase();
await db.collection('engines').insertOne({});
const { db: other } = await testDatabase();
await other.collection('engines').insertOne({});

test('the newest verified backups of the database are kept, and nothing else is touched', async () => {
  const parent = temporaryFolder();
  const make = async (name: string, of = db) => backup(of, join(parent, name), { watch: silent });
  for (const name of ['z-oldest', 'second', 'damaged', 'a-third', 'newest']) await make(name);
  await make('foreign', other);
  appendFileSync(join(parent, 'damaged', db.databaseName, 'engines.bson'), 'x');
  mkdirSync(join(parent, 'mongodump', db.databaseName), { recursive: true });
  writeFileSync(join(parent, 'note.txt'), '');

  const lines: string[] = [];
  const watch = { ...silent, report: (line: string) => lines.push(line) };
  const { removed, kept, leftAlone } = await prune(parent, db.databaseName, 2, watch);
  expect(kept.map((path) => basename(path))).toEqual(['newest', 'a-third']);
  expect(removed.map((path) => basename(path))).toEqual(['second', 'z-oldest']);
  const others = ['damaged', 'foreign', 'mongodump', 'note.txt'];
  expect(leftAlone.map(({ path }) => basename(path)).toSorted()).toEqual(others);
  expect(lines).toHaveLength(4);
  expect(readdirSync(parent).toSorted()).toEqual([...others, 'a-third', 'newest'].toSorted());
});
