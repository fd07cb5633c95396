import { expect, test } from '@jest/globals';
import type { Db, Document } from 'mongodb';
import { runHere } from '../testing/commands.ts';
import { testDatabase } from '../testing/database.ts';
import { temporaryFolder } from '../testing/processes.ts';

const instance = temporaryFolder();

/** A database that is made by a command, changed by hand, and looked at. */
async function checked(command: string[], change: (db: Db) => Promise<unknown>) {
  const { db, uri } = await testDatabase();
  const env = { MONGODB_URI: uri, INSTANCE_PATH: instance };
  expect(await runHere(command, env)).toMatchObject({ code: 0 });
  await change(db);
  const check = async () => {
    const { code, stdout } = await runHere(['migrate:check', '--json'], env);
    const findings: { rule: string; message: string; remedy: string }[] = JSON.parse(stdout);
    return { code, told: findings.map(({ rule, message }) => `${rule}: ${message}`), findings };
  };
  return { env, check, ...(await check()) };
}

const HEAD = ['migrate:to', 'head'];
const INDEX = 'title_1__id_1';

async function validatorOf(db: Db): Promise<Document> {
  const [engines] = await db.listCollections({ name: 'engines' }, { nameOnly: false }).toArray();
  return engines?.options?.['validator'] ?? {};
}

test.each<[string, (db: Db) => Promise<unknown>, string]>([
  ['an index was dropped', (db) => db.collection('engines').dropIndex(INDEX), `the index ${INDEX} of engines is added`],
  [
    'an index was made',
    (db) => db.collection('engines').createIndex({ thrust: 1 }, { name: 'mine' }),
    'the index mine of engines is removed',
  ],
  [
    'an index was changed',
    async (db) => {
      await db.collection('engines').dropIndex(INDEX);
      await db.collection('engines').createIndex({ title: -1, _id: 1 }, { name: INDEX });
    },
    `the index ${INDEX} of engines is made again, with key {"title":1,"_id":1} instead of {"title":-1,"_id":1}`,
  ],
  [
    'an index got a collation',
    async (db) => {
      await db.collection('engines').dropIndex(INDEX);
      const collation = { locale: 'en', caseLevel: true };
      await db.collection('engines').createIndex({ title: 1, _id: 1 }, { name: INDEX, collation });
    },
    `the index ${INDEX} of engines is made again, with collation none instead of {"locale":"en",.*}`,
  ],
  [
    'the validator was made to warn',
    (db) => db.command({ collMod: 'engines', validationAction: 'warn' }),
    "the validationAction of engines changes from 'warn' to 'error'",
  ],
  [
    'the validator was turned off',
    (db) => db.command({ collMod: 'engines', validationLevel: 'off' }),
    "the validationLevel of engines changes from 'off' to 'strict'",
  ],
  [
    'an option was set',
    (db) => db.command({ collMod: 'engines', changeStreamPreAndPostImages: { enabled: true } }),
    'the changeStreamPreAndPostImages of engines changes from { enabled: true } to null',
  ],
  [
    'a rule was taken from the validator',
    async (db) => {
      const validator = structuredClone(await validatorOf(db));
      delete validator['$jsonSchema'].properties.title.maxLength;
      await db.command({ collMod: 'engines', validator });
    },
    'engines.title has other constraints',
  ],
  [
    'the validator was taken away',
    (db) => db.command({ collMod: 'engines', validator: {} }),
    'engines has another validator',
  ],
  ['a collection was dropped', (db) => db.dropCollection('engines.history'), 'the collection engines.history is added'],
])('check tells when %s by hand', async (_what, change, expected) => {
  const { code, told, findings } = await checked(HEAD, change);
  expect(code).toBe(1);
  expect(told).toContainEqual(expect.stringMatching(new RegExp(`^live: .* By the migrations, ${expected}\\.$`)));
  expect(new Set(told).size).toBe(told.length);
  expect(findings.every(({ rule, remedy }) => rule === 'live' && remedy !== '')).toBe(true);
});

test('of a database whose migrations are not all known nothing is told but that', async () => {
  const { told } = await checked(HEAD, async (db) => {
    await db.collection('engines').dropIndex(INDEX);
    await db.collection('changelog').insertOne({ fileName: '20250101000000-gone.ts', appliedAt: new Date() });
  });
  expect(told).toEqual([expect.stringContaining('missing: ')]);
});

test('db:init makes again what check says is missing', async () => {
  const { code, env, check } = await checked(HEAD, async (db) => {
    await db.collection('engines').dropIndex(INDEX);
    await db.dropCollection('engines.history');
  });
  expect(code).toBe(1);
  expect(await runHere(['db:init'], env)).toMatchObject({ code: 0 });
  expect(await check()).toMatchObject({ code: 0, told: [] });
});

test.each<[string, string[], (db: Db) => Promise<unknown>]>([
  ['is migrated to its end', HEAD, async () => {}],
  ['is migrated in part', ['migrate:to', '+2'], async () => {}],
  ['was made by db:init', ['db:init'], async () => {}],
  ['has collections that no migration makes', HEAD, (db) => db.collection('notes').insertOne({})],
  ['keeps what a migration has archived', HEAD, (db) => db.collection('archive.engines.x').insertOne({})],
  ['holds what a restore that goes on keeps there', HEAD, (db) => db.collection('restoring.state').insertOne({})],
  [
    'has its rules in another order',
    HEAD,
    async (db) => {
      const { $jsonSchema: schema } = await validatorOf(db);
      const reversed = Object.fromEntries(Object.entries(schema).toReversed());
      await db.command({ collMod: 'engines', validator: { $jsonSchema: reversed } });
    },
  ],
])('all is sound in a database that %s', async (_what, command, change) => {
  expect(await checked(command, change)).toMatchObject({ code: 0, told: [] });
});
