import { expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { atEnd } from '../../testing/cleanup.ts';
import { testDatabase } from '../../testing/database.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readFiles } from '../run/files.ts';
import { judgeMigration, planMigrations } from './plan.ts';

test('a migration is judged as it is planned, without a sample of its documents', async () => {
  const { db, uri } = await testDatabase();
  await db.collection('things').insertMany([{ title: 'a' }, { title: 'a' }]);
  const folder = migrationsFolder({
    '20260101000000-one.ts': {
      up: `await db.collection('things').createIndex('title', { unique: true }); await db.dropCollection('things');`,
    },
  });
  const { files } = await readFiles(folder);
  const [file] = files;
  if (file === undefined) throw new Error('there is no migration');
  const client = await MongoClient.connect(uri, { monitorCommands: true });
  atEnd(() => client.close());
  const commands: string[] = [];
  client.on('commandStarted', ({ commandName }) => commands.push(commandName));
  const subject = { client, databaseName: db.databaseName, folder, models: [] };
  const judgement = await judgeMigration(file, subject, 'up');
  expect(judgement).toMatchObject({ file: file.name, isDestructive: true });
  expect(judgement.unsafe.map(({ name }) => name)).toEqual(['unique-over-duplicates:things', 'drop-collection:things']);
  expect(commands.splice(0)).not.toContain('find');
  const [plan] = await planMigrations(files, subject);
  expect(plan).toMatchObject(judgement);
  expect(commands).toContain('find');
});
