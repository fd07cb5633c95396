import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { BSON, type Db, type Document } from 'mongodb';
import supertest from 'supertest';
import * as addSearch from '../../migrations/20261122200000-add_search.ts';
import { up as createEngines } from '../../migrations/20260501090000-create_engines.ts';
import { verifyFiles } from '../database/backup/verify-files.ts';
import { silent } from '../database/backup/watch.ts';
import { sampleDocuments } from '../database/seed.ts';
import { initialise } from '../initialise.ts';
import { readFiles } from '../migrate/run/files.ts';
import { planMigrations } from '../migrate/plan/plan.ts';
import { replay } from '../migrate/plan/replay.ts';
import { run } from '../migrate/run/runner.ts';
import { stepsTo } from '../migrate/run/steps.ts';
import { migrating, MIGRATIONS, subjectOf } from '../migrations.ts';
import { collectionDefinitions, RESOURCES } from '../models.ts';
import { isBookkeeping } from '../own-collections.ts';
import { serve } from '../testing.ts';
import { runHere } from '../testing/commands.ts';
import { testDatabase, type TestDatabase } from '../testing/database.ts';
import { ENGINE_DEFAULTS, LEAST_ENGINE } from '../testing/engines.ts';
import { everythingIn } from '../testing/everything.ts';
import { run as runCommand, temporaryFolder } from '../testing/processes.ts';
import { engineModel } from './model.ts';
import { sampleEngine } from './sample.ts';

const SEED = 7;
const instance = temporaryFolder();

async function command({ uri }: TestDatabase, ...parameters: string[]) {
  const outcome = await runHere(parameters, { MONGODB_URI: uri, INSTANCE_PATH: instance });
  expect(outcome).toMatchObject({ code: 0 });
  return outcome.stdout;
}

/** Collections with their options and indexes; not their documents. */
async function shapeOf(db: Db): Promise<Document[]> {
  const collections = await db.listCollections({}, { nameOnly: false }).toArray();
  const shapes = collections
    .filter(({ name }) => !isBookkeeping(name))
    .map(async ({ name, options }) => ({
      name,
      options,
      indexes: (await db.collection(name).listIndexes().toArray()).map((index) => ({
        ...index,
        key: Object.entries(index['key']),
      })),
    }));
  return (await Promise.all(shapes)).toSorted((left, right) => left.name.localeCompare(right.name));
}

/** In a form that is compared member by member, whatever their order. */
async function stored(db: Db): Promise<unknown> {
  return BSON.EJSON.serialize(await db.collection('engines').find().sort({ _id: 1 }).toArray(), { relaxed: false });
}

/** Stores sample engines as the present model does, with all its defaults. */
async function seed({ connection }: TestDatabase, count: number): Promise<void> {
  const documents = sampleDocuments({
    count,
    months: 6,
    seed: SEED,
    now: new Date('2026-11-01T00:00:00Z'),
    make: sampleEngine,
  });
  await engineModel(connection).insertMany([...documents], { timestamps: false });
}

describe('the migrations', () => {
  test('are planned whole, and nothing is written', async () => {
    const database = await testDatabase();
    const { db } = database;
    const engines = await db.createCollection('engines');
    await engines.insertMany([{ title: 'a' }, { title: 'b', lastFired: null }, { title: 'c' }]);
    const { files } = await readFiles(MIGRATIONS);
    const before = await everythingIn(db);
    const plans = await planMigrations(files, subjectOf(database));
    expect(await everythingIn(db)).toEqual(before);
    expect(plans.map(({ file, unsafe, undo }) => [file, unsafe, undo])).toEqual(
      files.map(({ name }) => [name, [], 'undone by its down']),
    );
    expect(plans[1]?.steps).toMatchObject([
      { collection: 'engines', what: 'sets the validator' },
      {
        collection: 'engines',
        what: 'backfill "engines: adding lastFired" of lastFired, in batches',
        documents: 2,
        blocks: 'no',
      },
      { collection: 'engines', what: 'sets the validator' },
      { collection: 'engines', what: 'adds an index on {"lastFired":1,"_id":1}', blocks: 'for a moment' },
      { collection: 'engines', what: 'sets the validator' },
    ]);
  });

  test('leave what the models demand, replayed from nothing', async () => {
    const { connection } = await testDatabase();
    const { files } = await readFiles(MIGRATIONS);
    const { shapes } = await replay(files, connection.getClient(), MIGRATIONS);
    const demanded = collectionDefinitions(connection).map(({ name, validator, indexes }) => ({
      name,
      validator,
      indexes,
    }));
    const byName = (left: { name: string }, right: { name: string }) => left.name.localeCompare(right.name);
    expect(shapes.toSorted(byName)).toMatchObject(demanded.toSorted(byName));
  });

  test('end where db:init ends: the same collections, validators and indexes', async () => {
    const migrated = await testDatabase();
    const { code } = await runCommand(['node_modules/.bin/migrate-mongo', 'up'], { MONGODB_URI: migrated.uri });
    expect(code).toBe(0);
    const initialised = await testDatabase();
    await initialise(initialised);
    expect(await shapeOf(migrated.db)).toEqual(await shapeOf(initialised.db));
    expect(await command(initialised, 'migrate:status')).not.toContain('pending');
    expect(await initialise(migrated)).toEqual([]);
  });

  test(`lose nothing of six months of engines (seed ${SEED}) by down and up, once and all the way`, async () => {
    const database = await testDatabase();
    const { db } = database;
    await run(migrating(database, 'test'), (state) => stepsTo(state, 'head'));
    await seed(database, 120);
    const [shape, before] = [await shapeOf(db), await stored(db)];
    await command(database, 'migrate:to', '20260501090000-create_engines.ts');
    const [backup = ''] = readdirSync(join(instance, 'backups'));
    expect((await verifyFiles(join(instance, 'backups', backup), silent)).defects).toEqual([]);
    expect(await db.collection('engines').countDocuments({ lastFired: { $exists: true } })).toBe(0);
    expect((await shapeOf(db)).find(({ name }) => name === 'engines')).toMatchObject({ indexes: { length: 1 } });
    const again = { ...migrating(database, 'test'), report: () => {} };
    await run(again, (state) => stepsTo(state, 'base'));
    expect(await db.collection('engines').countDocuments()).toBe(0);
    await run(again, (state) => stepsTo(state, 'head'));
    expect(isDeepStrictEqual(await stored(db), before)).toBe(true);
    expect((await shapeOf(db)).filter(({ name }) => !String(name).startsWith('archive.'))).toEqual(shape);
  });

  test('serve documents of the old shape before and while they are converted', async () => {
    const database = await testDatabase();
    const { db, connection } = database;
    await createEngines(db);
    const { insertedId } = await db.collection('engines').insertOne({ title: 'Old', thrust: 5 });
    const api = supertest(await serve(connection, { resources: RESOURCES }));
    const path = `/engines/${insertedId.toHexString()}`;
    const createdAt = insertedId.getTimestamp().toJSON();
    const read = await api.get(path);
    expect(read.body).toEqual({
      ...ENGINE_DEFAULTS,
      id: insertedId.toHexString(),
      title: 'Old',
      thrust: 5,
      createdAt,
      updatedAt: createdAt,
    });
    expect((await api.patch(path).send({ thrust: 6 })).body).toMatchObject({
      title: 'Old',
      thrust: 6,
      lastFired: null,
    });
    const fired = '2026-10-01T00:00:00.000Z';
    expect((await api.patch(path).send({ lastFired: fired })).body).toMatchObject({ lastFired: fired });
    // As the version does that is about to be replaced.
    await db.collection('engines').insertOne({ title: 'New', thrust: 0 });
    expect((await api.get('/engines?q=old')).body).toEqual([]);
    await command(database, 'migrate:to', 'head');
    expect((await api.get(path)).body).toMatchObject({ title: 'Old', thrust: 6, lastFired: fired });
    expect((await api.get('/engines?q=old&fields=title')).body).toMatchObject([{ title: 'Old' }]);
    expect((await api.get('/engines?q=new&fields=title')).body).toMatchObject([{ title: 'New' }]);
    expect((await api.put(path).send({ ...LEAST_ENGINE, title: 'Newer' })).body).toMatchObject({
      ...LEAST_ENGINE,
      ...ENGINE_DEFAULTS,
      title: 'Newer',
    });
  });

  test('fill in what engines are searched by, also where an earlier version wrote titles meanwhile', async () => {
    const { db } = await testDatabase();
    const engines = await db.createCollection('engines');
    await engines.insertMany([
      { title: 'Alpha' },
      { title: 'Bravo', _search: { of: { title: 'Old' }, tokens: ['1:old'] } },
    ]);
    const before = await engines.find({}, { projection: { _search: 0 } }).toArray();
    for (const step of [addSearch.up, addSearch.up, addSearch.down, addSearch.down, addSearch.up]) {
      await step(db);
      expect(await engines.find({}, { projection: { _search: 0 } }).toArray()).toEqual(before);
    }
    await engines.updateOne({ title: 'Alpha' }, { $set: { title: 'Charlie' } });
    await engines.insertOne({ title: 'Delta' });
    await addSearch.up(db);
    const found = await Promise.all(
      ['alpha', 'bravo', 'charlie', 'delta'].map((word) => engines.countDocuments({ '_search.tokens': `1:${word}` })),
    );
    expect(found).toEqual([0, 1, 1, 1]);
    await addSearch.down(db);
    expect(await engines.countDocuments({ _search: { $exists: true } })).toBe(0);
  });

  test('refuse a validator that stored documents break, and change nothing', async () => {
    const database = await testDatabase();
    await database.db.collection('engines').insertOne({ title: 'Strange', thrust: 1.5 });
    const before = await shapeOf(database.db);
    const { code, stderr } = await runHere(['migrate:to', 'head'], { MONGODB_URI: database.uri });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('It gives engines a validator that 1 stored documents break'),
    });
    expect(await shapeOf(database.db)).toEqual(before);
  });
});
