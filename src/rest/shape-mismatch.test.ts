import { describe, expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import { Schema, type Connection } from 'mongoose';
import { pino } from 'pino';
import supertest from 'supertest';
import { initialiseCollections } from '../database/init.ts';
import { collectionDefinitions } from '../models.ts';
import { eitherValidator } from '../migrate/operations/validators.ts';
import { collectionDefinition } from '../schema/collection.ts';
import { keywords } from '../schema/fields.ts';
import { searchable } from '../schema/search-plugin.ts';
import { serve } from '../testing.ts';
import { testDatabase } from '../testing/database.ts';
import { standalone } from '../testing/standalone.ts';
import type { ResourceDeclaration } from './resource-description.ts';
import { withOutbox } from './writes/outbox.ts';

/** A probe as some version of the application declares it. */
function declared(version: string, fields: object, hasSearch = false): ResourceDeclaration {
  const title = { type: String, required: true, validate: keywords({ maxLength: 20 }), searchable: hasSearch };
  const schema = new Schema({ title, ...fields }, { collection: 'probes', timestamps: true });
  if (hasSearch) schema.plugin(searchable);
  return {
    model: (connection: Connection) => connection.model(version, schema),
    path: '/probes',
    description: 'Probes',
  };
}

/** Serves a version on a database that another one has made. */
async function served(
  older: ResourceDeclaration,
  newer: ResourceDeclaration,
  { transactions = true, history = true } = {},
) {
  const log: Document[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(JSON.parse(line)) });
  const database = await testDatabase();
  const { db, connection } = database;
  await initialiseCollections(db, collectionDefinitions(connection, [older]));
  const url = await serve(transactions ? connection : standalone(connection), {
    logger,
    resources: [newer],
    settings: { history: { enabled: history, days: 9 } },
  });
  return { api: supertest(url), db: database, probes: db.collection('probes'), log };
}

const id = '65a1b2c3d4e5f60718293a4b';
const path = `/probes/${id}`;
const old = declared('Old', { mass: Number });
const NDJSON = 'application/x-ndjson';

/** What a write is told that the database refuses, whatever it is. */
const REFUSED = { status: 503, pointers: undefined, retry: '30' };

describe.each([
  ['with transactions and history', {}],
  ['with transactions, without history', { history: false }],
  ['without transactions', { transactions: false }],
])('%s', (_kind, how) => {
  describe.each<[string, ResourceDeclaration, object, string]>([
    ['a field', declared('WithMaker', { mass: Number, maker: String }), { maker: 'JPL' }, 'probes: maker is not known'],
    [
      'a default',
      declared('WithCrew', { mass: Number, isCrewed: { type: Boolean, default: false } }),
      {},
      'probes: isCrewed is not known',
    ],
    ['words to search by', declared('Searched', { mass: Number }, true), {}, 'probes: _search is not known'],
    [
      'a wider rule',
      declared('Wide', { mass: { type: String, validate: keywords({ maxLength: 3 }) } }),
      { mass: 'big' },
      'probes: mass is bound by bsonType ["int","long","double"]',
    ],
  ])('a database that lacks %s', (_what, newer, fields, refused) => {
    test('is not to blame on the client: 503, a line in the log with the command, and not ready', async () => {
      const { api, probes, log } = await served(old, newer, how);
      await probes.insertOne({ _id: new ObjectId(id), title: 'Voyager' });
      const body = { title: 'Pioneer', ...fields };
      for (const write of [api.post('/probes'), api.put(path)]) {
        const { status, headers, body: problem } = await write.send(body);
        expect({ status, pointers: problem.errors, retry: headers['retry-after'] }).toEqual(REFUSED);
        expect(problem.detail).toContain('nothing was changed');
      }
      expect(await probes.find().toArray()).toEqual([{ _id: new ObjectId(id), title: 'Voyager' }]);
      expect(log).toContainEqual(
        expect.objectContaining({ refused: [refused], msg: expect.stringContaining('npm run migrate:new') }),
      );
      const ready = await api.get('/health/ready');
      expect([ready.status, ready.body.errors]).toEqual([503, [{ keyword: 'validator', detail: refused }]]);
    });
  });

  test('what the old shape allows is done, and rows that it refuses are told as such', async () => {
    const newer = declared('WithMaker', { mass: Number, maker: String });
    const { api, probes } = await served(old, newer, how);
    const created = await api.post('/probes').send({ title: 'Voyager', mass: 722 });
    expect(created.status).toBe(201);
    expect((await api.patch(`/probes/${created.body.id}`).send({ mass: 700 })).status).toBe(200);
    expect((await api.get('/probes')).body).toEqual([expect.objectContaining({ title: 'Voyager', mass: 700 })]);
    expect((await api.delete(`/probes/${created.body.id}`)).status).toBe(204);
    for (const handling of ['lenient', 'strict']) {
      const rows = '{"title":"A"}\n{"title":"B","maker":"JPL"}\n{"title":""}\n';
      const { status, text } = await api.post('/probes').type(NDJSON).set('prefer', `handling=${handling}`).send(rows);
      const lines = text
        .trim()
        .split('\n')
        .map((line): Document => JSON.parse(line));
      const { read, inserted, complete, uncertain, detail } = lines.at(-1) ?? {};
      expect([handling, status, read, complete, uncertain]).toEqual([handling, 503, 3, false, undefined]);
      expect(inserted).toBe(await probes.countDocuments());
      expect(detail).toContain('does not match this version');
      expect(text).not.toContain('/maker');
      await probes.deleteMany({});
    }
  });
});

describe('a database that has the shape', () => {
  test('or both shapes during a migration, or no rules at all, is ready, and takes what the new version writes', async () => {
    const newer = declared('WithMaker', { mass: Number, maker: String });
    const { api, db } = await served(old, newer);
    const [was, is] = [old, newer].map((one) => withOutbox(collectionDefinition(one.model(db.connection))).validator);
    for (const validator of [eitherValidator(was ?? {}, is ?? {}), is, {}]) {
      await db.db.command({ collMod: 'probes', validator });
      expect(await api.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
      expect((await api.post('/probes').send({ title: 'Voyager', maker: 'JPL' })).status).toBe(201);
    }
  });

  test('a stored document that breaks a rule: the client is told what it can correct, and else has no part in it', async () => {
    const { api, probes, log } = await served(old, old);
    const bypass = { bypassDocumentValidation: true };
    const other = '65a1b2c3d4e5f60718293a4c';
    await probes.insertOne({ _id: new ObjectId(id), title: 'x'.repeat(30) }, bypass);
    await probes.insertOne({ _id: new ObjectId(other), title: 'Voyager', engine: 'none' }, bypass);
    const mendable = await api.patch(path).send({ mass: 1 });
    expect([mendable.status, mendable.body.errors]).toEqual([422, [expect.objectContaining({ pointer: '/title' })]]);
    const hidden = await api.patch(`/probes/${other}`).send({ mass: 1 });
    expect([hidden.status, hidden.body.errors]).toEqual([500, undefined]);
    expect(hidden.body.detail).toContain('engine');
    const requestId = hidden.headers['x-request-id'];
    expect(log).toContainEqual(expect.objectContaining({ requestId, level: 50 }));
  });
});
