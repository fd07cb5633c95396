import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { ownServer, testDatabase } from '../testing/database.ts';
import { SCRATCH_MARKER } from '../own-collections.ts';
import { sweepScratch, withScratch } from './scratch.ts';

// Other tests sweep what is left on theirs.
const { client } = (await testDatabase(await ownServer())).db;

const LONG_AGO = new Date('2026-01-01');
const IN_AN_HOUR = new Date(Date.now() + 3_600_000);

/** Another machine's, so that its process is not known. */
const owner = { host: 'elsewhere', pid: 1, space: 'of elsewhere', token: 'theirs', madeAt: LONG_AGO };

async function namesOf(): Promise<string[]> {
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  return databases.map(({ name }) => name);
}

const nameOf = (purpose: string) => `${purpose}-${randomBytes(4).toString('hex')}`;

test.each([
  ['an owner that has not been heard of for long', 'rehearsal', { renewedAt: LONG_AGO }, true],
  ['the same, of a verification', 'verify', { renewedAt: LONG_AGO }, true],
  ['an owner that is at work', 'rehearsal', { renewedAt: IN_AN_HOUR }, false],
  ['the marker of another database', 'rehearsal', { renewedAt: LONG_AGO, database: 'rehearsal-00000000' }, false],
  ['no marker', 'rehearsal', undefined, false],
  ['a name that no rehearsal has', 'mine', { renewedAt: LONG_AGO }, false],
])('of a database with %s', async (_what, purpose, marker, isRemoved) => {
  const name = nameOf(purpose);
  const db = client.db(name);
  await db.collection('things').insertOne({});
  if (marker)
    await db
      .collection<Document & { _id: string }>(SCRATCH_MARKER)
      .insertOne({ _id: 'owner', database: name, ...owner, ...marker });
  const lines: string[] = [];
  await sweepScratch(client, (line) => lines.push(line));
  const reported = lines.filter((line) => line.includes(name));
  const line = `Removed ${name}, which process 1 on elsewhere left behind at 2026-01-01T00:00:00.000Z.`;
  expect([reported, (await namesOf()).includes(name)]).toEqual(isRemoved ? [[line], false] : [[], true]);
  await db.dropDatabase();
});

test('one that is in use is swept by nobody, and is gone when its work has failed', async () => {
  let name = '';
  const work = withScratch(
    client,
    'rehearsal',
    () => {},
    async (scratch) => {
      name = scratch.databaseName;
      await sweepScratch(client, () => {});
      expect(await namesOf()).toContain(name);
      throw new Error('it failed');
    },
  );
  await expect(work).rejects.toThrow('it failed');
  expect(await namesOf()).not.toContain(name);
});
