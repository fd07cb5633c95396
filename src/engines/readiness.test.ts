import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { Schema, type Connection } from 'mongoose';
import { pino } from 'pino';
import supertest from 'supertest';
import { loadSettings } from '../config.ts';
import { initialise } from '../initialise.ts';
import { run } from '../migrate/run/runner.ts';
import { stepsTo } from '../migrate/run/steps.ts';
import { migrating } from '../migrations.ts';
import { serve } from '../serve.ts';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import { LEAST_ENGINE } from '../testing/engines.ts';
import { ownMigrations } from '../testing/migrations-folder.ts';
import { until } from '../testing/until.ts';
import { engines } from './index.ts';
import { engineSchema } from './model.ts';

/** What is logged while the server listens already: it does not wait for the comparison of its database. */
const warnings = (log: readonly Document[]) => log.filter(({ level }) => level >= 40);

test('a database from before the search: what it refuses is told to its operator, and works as soon as it is migrated', async () => {
  const database = await testDatabase();
  const { db, uri } = database;
  const place = ownMigrations.findIndex((name) => name.endsWith('-add_search.ts'));
  await run(migrating(database, 'test'), (state) => stepsTo(state, ownMigrations[place - 1] ?? ''));
  await db.collection('engines').insertOne({ title: 'Merlin', thrust: 981 });
  const log: Document[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(JSON.parse(line)) });
  const { url, stop } = await serve(loadSettings({ PORT: '0', MONGODB_URI: uri }), logger);
  atEnd(stop);
  const api = supertest(url);
  const told = {
    refused: expect.arrayContaining(['engines: _search is not known']),
    msg: 'the database refuses what this version writes: run npx migrate-mongo up',
  };
  await until(() => warnings(log).length > 0);
  expect(warnings(log)).toContainEqual(expect.objectContaining({ level: 40, ...told }));

  const created = await api.post('/engines').send({ ...LEAST_ENGINE, title: 'Raptor' });
  expect([created.status, created.body.errors, created.headers['retry-after']]).toEqual([503, undefined, '30']);
  expect(log).toContainEqual(expect.objectContaining({ level: 50, ...told }));
  const ready = await api.get('/health/ready');
  expect([ready.status, ready.body.errors]).toEqual([
    503,
    expect.arrayContaining([{ keyword: 'validator', detail: 'engines: _search is not known' }]),
  ]);
  expect(ready.body.detail).toContain('npx migrate-mongo up');
  const [{ id }] = (await api.get('/engines')).body;
  expect((await api.patch(`/engines/${id}`).send({ thrust: 914 })).status).toBe(503);

  await run(migrating(database, 'test'), (state) => stepsTo(state, 'head'));
  expect(await api.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
  expect((await api.post('/engines').send({ ...LEAST_ENGINE, title: 'Raptor' })).status).toBe(201);
  expect((await api.patch(`/engines/${id}`).send({ thrust: 914 })).status).toBe(200);
  expect((await api.get('/engines?q=merlin')).body).toEqual([expect.objectContaining({ id, thrust: 914 })]);
});

test.each([
  ['an empty database', false],
  ['a database of the old shape', true],
])('a field without a migration: its developer is told at the start on %s what to do', async (_what, isInitialised) => {
  const database = await testDatabase();
  if (isInitialised) await initialise(database);
  const log: Document[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(JSON.parse(line)) });
  const schema = engineSchema.clone();
  schema.add({ burns: { type: Schema.Types.Int32, default: 0 } });
  const changed = { ...engines, model: (connection: Connection) => connection.model('EngineWithBurns', schema) };
  const { stop } = await serve(loadSettings({ PORT: '0', MONGODB_URI: database.uri }), logger, [changed]);
  atEnd(stop);
  await until(() => warnings(log).length > 0);
  expect(warnings(log)).toEqual([
    expect.objectContaining({
      missing: ['engines.burns (int) is added, as 0 in old documents'],
      msg: expect.stringContaining('run npm run migrate:new -- "WHAT CHANGES"'),
    }),
  ]);
});
