import { mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { testDatabase } from '../testing/database.ts';
import { archiveFile, ENGINES } from '../testing/dumped-fleet.ts';
import { archiveOf } from '../testing/mongodump-archive.ts';
import { runHere } from '../testing/commands.ts';
import { temporaryFolder } from '../testing/processes.ts';

const { db, uri } = await testDatabase();
await db.collection('engines').insertMany([{ title: 'Merlin' }, { title: 'Raptor' }]);
const instance = temporaryFolder();

const cli = (...parameters: string[]) => runHere(parameters, { MONGODB_URI: uri, INSTANCE_PATH: instance });

test('the commands print data to stdout, talk to stderr, and end truthfully', async () => {
  mkdirSync(join(instance, 'backups'));
  const made = await cli('db:backup', '--gzip', '--keep', '1');
  expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('All documents are of one moment.') });
  const directory = made.stdout.trimEnd();
  expect(directory).toMatch(new RegExp(`^${instance}/backups/${db.databaseName}-\\d{8}T\\d{9}Z$`));
  const restored = await cli('db:restore', directory, '--to', `${db.databaseName}-copy`, '--json');
  expect(JSON.parse(restored.stdout)).toMatchObject({ collections: [{ name: 'engines', documents: 2 }] });
  expect(await db.client.db(`${db.databaseName}-copy`).dropDatabase()).toBe(true);
  expect(await cli('db:restore', directory)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('Add --replace'),
  });

  const file = join(directory, db.databaseName, 'engines.bson.gz');
  truncateSync(file, statSync(file).size - 1);
  const damaged = await cli('db:verify', directory);
  expect(damaged).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('engines.bson.gz'),
    stderr: expect.stringContaining('is damaged'),
  });
  expect(readdirSync(join(instance, 'backups'))).toHaveLength(1);
});

test('an archive of mongodump is verified and restored; one that is damaged is named', async () => {
  const bytes = archiveOf({ crew: [{ name: 'members' }], fleet: [ENGINES] });
  const archive = archiveFile(bytes);
  const to = `${db.databaseName}-fleet`;
  expect(await cli('db:verify', archive, '--from', 'fleet')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining(`No problems found in ${archive} (1 collection, 2 documents)`),
  });
  expect(await cli('db:restore', archive, '--from', 'fleet', '--to', to)).toMatchObject({
    code: 0,
    stdout: 'engines: 2 documents\n',
  });
  const flipped = Buffer.from(bytes);
  flipped.write('M', bytes.indexOf('RS-25'));
  const damaged = archiveFile(flipped);
  expect(await cli('db:verify', damaged, '--from', 'fleet')).toMatchObject({
    code: 1,
    stdout: 'fleet.engines has been changed since it was dumped: its CRC differs\n',
    stderr: expect.stringContaining(`${damaged} is damaged. Use another backup.`),
  });
  expect(await cli('db:restore', damaged, '--from', 'fleet', '--to', to, '--replace')).toMatchObject({ code: 1 });
  expect(await db.client.db(to).collection('engines').countDocuments({ title: 'RS-25' })).toBe(1);
});
