import { expect, test } from '@jest/globals';
import { migrating } from '../migrations.ts';
import { testDatabase } from '../testing/database.ts';
import { everyByteOf, makeKinds } from '../testing/kinds-of-collection.ts';
import { migrationsFolder } from '../testing/migrations-folder.ts';
import { rehearse } from './rehearse.ts';

const on = (name: string, call: string) => `await db.collection('${name}').${call};`;
const count = (by: number) => `updateMany({}, { $inc: { number: ${by} } })`;

/** What a migration does to one of them, what undoes it, and the message where nothing undoes it. */
const CHANGES: Record<string, { up: string; down: string; message: string }> = {
  'a capped collection': {
    up: on('a capped collection', count(1)),
    down: on('a capped collection', count(-1)),
    message: 'number of a capped collection differs in 3 documents: with _id 1 it was 1 and is 2',
  },
  'a clustered one': {
    up: on('a clustered one', count(1)),
    down: on('a clustered one', count(-1)),
    message: 'number of a clustered one differs in 3 documents: with _id 1 it was 1 and is 2',
  },
  'a time series': {
    up: on('a time series', `insertOne({ _id: 4, at: new Date(0), of: 2 })`),
    down: on('a time series', `deleteMany({ of: 2 })`),
    message: 'the documents of a time series differ',
  },
  'documents that break their rules': {
    up: on('one with rules', `updateMany({}, { $set: { more: 1 } }, { bypassDocumentValidation: true })`),
    down: on('one with rules', `updateMany({}, { $unset: { more: 1 } }, { bypassDocumentValidation: true })`),
    message: 'more of one with rules differs in 4 documents: with _id 1 it was absent and is 1',
  },
  'a view': {
    up: `await db.dropCollection('a view');`,
    down: `await db.createCollection('a view', { viewOn: 'documents', pipeline: [{ $match: { number: 1 } }] });`,
    message: 'a view is missing',
  },
};

const database = await testDatabase();
await makeKinds(database.db);
const before = await everyByteOf(database.db);

async function messagesOf(up: string, down?: string): Promise<string[]> {
  const folder = migrationsFolder({ '20260101000000-first.ts': { up, ...(down !== undefined && { down }) } });
  const { differences } = await rehearse({ ...migrating(database, 'test'), folder, report: () => {} });
  expect(await everyByteOf(database.db)).toEqual(before);
  return differences.filter(({ when }) => when === 'after down').map(({ message }) => message);
}

test.each(Object.entries(CHANGES))('a rehearsal among all kinds of collections: %s', async (_what, change) => {
  expect(await messagesOf(change.up, change.down)).toEqual([]);
  expect(await messagesOf(change.up)).toEqual([change.message]);
});
