import { describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import mongoose, { Schema, type Connection } from 'mongoose';
import supertest from 'supertest';
import { initialiseCollections } from '../../database/init.ts';
import { convertFields } from '../../migrate/operations/conversions.ts';
import { setValidator } from '../../migrate/operations/collections.ts';
import { recordRename } from '../../renames.ts';
import { addField, removeField, renameField } from '../../migrate/operations/fields.ts';
import { collectionDefinitions } from '../../models.ts';
import { collectionDefinition } from '../../schema/collection.ts';
import { keywords } from '../../schema/fields.ts';
import { serve } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { testDatabase } from '../../testing/database.ts';
import { readDescription } from '../../testing/description.ts';
import type { ResourceDeclaration } from '../resource-description.ts';
import { withOutbox } from '../writes/outbox.ts';

const { Int32, Double: DoubleType } = Schema.Types;
const inner = (fields: object) => new Schema(fields, { _id: false });
const title = { type: String, required: true, validate: keywords({ maxLength: 40 }) };

/** A craft as some version of the application declares it. */
function declared(version: string, fields: object): ResourceDeclaration {
  const schema = new Schema({ title, ...fields }, { collection: 'crafts', timestamps: true, strict: 'throw' });
  return {
    model: (connection: Connection) => connection.model(version, schema),
    path: '/crafts',
    description: 'Crafts',
  };
}

const first = {
  force: { type: Int32, default: 0 },
  nozzle: { ratio: { type: DoubleType } },
  since: { type: String },
  old: { type: String },
  mode: { type: String, validate: keywords({ enum: ['a', 'b'] }) },
  size: { type: inner({ radius: { type: Number, required: true } }) },
  parts: { type: [inner({ name: { type: String, required: true }, weight: Number })] },
};

const second = {
  thrust: { type: Int32, default: 0 },
  ratio: { type: DoubleType },
  since: { type: Date },
  mode: { type: String, validate: keywords({ enum: ['b', 'c'] }) },
  size: { type: inner({ radius: { type: Number, required: true }, depth: { type: Number, required: true } }) },
  parts: { type: [inner({ name: { type: String, required: true } })] },
  isCrewed: { type: Boolean, default: false },
};

const OLD = declared('Old', first);
const NEW = declared('New', second);
const DEMANDING = declared('Demanding', { ...second, maker: { type: String, required: true } });

const BODY = {
  title: 'Voyager',
  force: 4,
  nozzle: { ratio: 1.5 },
  since: '1977-08-20T14:29:00Z',
  old: 'gone',
  mode: 'a',
  size: { radius: 1 },
  parts: [{ name: 'dish', weight: 9 }, { name: 'boom' }],
};

/** The same in the second version, as far as that has a place for it. */
const SHOWN = {
  title: 'Voyager',
  thrust: 4,
  ratio: 1.5,
  since: '1977-08-20T14:29:00.000Z',
  parts: [{ name: 'dish' }, { name: 'boom' }],
  isCrewed: false,
};
const LEFT_OUT = '"/old", "/mode", "/size", "/parts/0/weight"';

async function database() {
  const { db, connection, uri } = await testDatabase();
  await initialiseCollections(db, collectionDefinitions(connection, [OLD]));
  const other = async () => {
    const one = await mongoose.createConnection(uri, { autoCreate: false, autoIndex: false }).asPromise();
    atEnd(() => one.close());
    return one;
  };
  /** Serves a version of the application. */
  const served = async (version: ResourceDeclaration) => {
    const url = await serve(await other(), { resources: [version] });
    return { api: supertest(url), url };
  };
  /** Brings the database into the shape of a version, as its migration would. */
  const migrate = async (version: ResourceDeclaration) => {
    const crafts = { collection: 'crafts' };
    await setValidator(db, 'crafts', {});
    await renameField(db, { ...crafts, from: 'force', to: 'thrust' });
    await renameField(db, { ...crafts, from: 'nozzle.ratio', to: 'ratio' });
    await removeField(db, { ...crafts, field: 'old' });
    await addField(db, { ...crafts, field: 'isCrewed', value: false });
    if (version === DEMANDING) await addField(db, { ...crafts, field: 'maker', value: 'unknown' });
    const { validator } = withOutbox(collectionDefinition(version.model(connection)));
    await setValidator(db, 'crafts', validator);
  };
  return { db, served, migrate };
}

describe.each([
  ['a server with transactions', true],
  ['a standalone server', false],
])('on %s', (_kind) => {
  test('what was removed before its model changed comes back: renamed, defaulted, and what has no place is told', async () => {
    const { db, served, migrate } = await database();
    const { api: old } = await served(OLD);
    const { body } = await old.post('/crafts').send(BODY);
    const path = `/crafts/${body.id}`;
    const at = new Date().toISOString();
    await old.delete(path);
    await migrate(NEW);
    const { api, url } = await served(NEW);
    const { operation, compile } = await readDescription(url);
    const read = operation('readNew').responses[200];
    const expected = { id: body.id, ...SHOWN, createdAt: body.createdAt, updatedAt: body.updatedAt };

    const past = await api.get(`${path}?at=${at}`);
    expect([past.status, past.body]).toEqual([200, expected]);
    expect(past.headers['left-out']).toBe(LEFT_OUT);
    expect(compile(read?.content?.['application/json']?.schema ?? {})(past.body)).toBe(true);
    expect(Object.keys(read?.headers ?? {})).toContain('Left-Out');

    const restored = await api.post(`${path}/restore`);
    expect([restored.status, restored.body]).toEqual([200, { ...expected, updatedAt: expect.any(String) }]);
    expect(restored.headers['left-out']).toBe(LEFT_OUT);
    expect((await api.get(path)).body).toEqual(restored.body);
    const stored = await db.collection('crafts').findOne({ _id: new ObjectId(String(body.id)) });
    expect(stored).toMatchObject({ thrust: 4, ratio: 1.5, since: new Date(BODY.since) });
    expect((await api.get(`${path}?at=${at}`)).body).toEqual(expected);
    const [entry] = (await api.get(`${path}/history`)).body;
    expect(entry.patch).toEqual([{ op: 'add', path: '', value: restored.body }]);
  });

  test('what the model demands since comes in the body, and is asked for', async () => {
    const { served, migrate } = await database();
    const { api: old } = await served(OLD);
    const { body } = await old.post('/crafts').send(BODY);
    const path = `/crafts/${body.id}`;
    const at = new Date().toISOString();
    await old.delete(path);
    await migrate(DEMANDING);
    const { api, url } = await served(DEMANDING);
    const { operation } = await readDescription(url);

    const past = await api.get(`${path}?at=${at}`);
    expect([past.status, past.body.errors[0].detail]).toEqual([410, expect.stringContaining('/maker')]);
    expect(Object.keys(operation('readDemanding').responses)).toContain('410');
    expect(operation('restoreDemanding').requestBody).toMatchObject({ required: false });

    const lacking = await api.post(`${path}/restore`);
    expect([lacking.status, lacking.body.errors]).toEqual([
      422,
      [{ pointer: '/maker', keyword: 'required', detail: 'is required' }],
    ]);
    expect((await api.post(`${path}/restore`).send({ size: { depth: 1 }, maker: 'JPL' })).body.errors).toEqual([
      { pointer: '/size/radius', keyword: 'required', detail: 'is required' },
    ]);
    expect((await api.post(`${path}/restore`).send({ maker: 5 })).body.errors).toMatchObject([{ pointer: '/maker' }]);
    expect((await api.post(`${path}/restore`).type('text/plain').send('maker')).status).toBe(415);
    expect((await api.get(path)).status).toBe(404);

    const restored = await api
      .post(`${path}/restore`)
      .type('application/merge-patch+json')
      .send(JSON.stringify({ maker: 'JPL', mode: 'c' }));
    expect([restored.status, restored.body]).toEqual([
      200,
      expect.objectContaining({ ...SHOWN, maker: 'JPL', mode: 'c' }),
    ]);
    expect((await api.get(path)).body).toEqual(restored.body);
  });
});

test('a rename that was taken back and made again, and a name that is used again, carry what was meant', async () => {
  const { db, served } = await database();
  const { api: old } = await served(OLD);
  const make = async (name: string) => String((await old.post('/crafts').send({ title: name, force: 7 })).body.id);
  const before = await make('before');
  await old.delete(`/crafts/${before}`);
  await setValidator(db, 'crafts', {});
  const crafts = { collection: 'crafts' };
  await renameField(db, { ...crafts, from: 'force', to: 'thrust' });
  await renameField(db, { ...crafts, from: 'thrust', to: 'force' });
  const between = await make('between');
  await old.delete(`/crafts/${between}`);
  await renameField(db, { ...crafts, from: 'force', to: 'thrust' });
  // The name comes back for something else.
  const again = declared('Again', { thrust: { type: Int32, default: 0 }, force: { type: String } });
  const { api } = await served(again);
  const { body } = await api.post('/crafts').send({ title: 'after', thrust: 1, force: 'strong' });
  await api.delete(`/crafts/${body.id}`);
  const restored = [before, between, String(body.id)].map(async (id) => (await api.post(`/crafts/${id}/restore`)).body);
  expect(await Promise.all(restored)).toMatchObject([{ thrust: 7 }, { thrust: 7 }, { thrust: 1, force: 'strong' }]);
  expect((await api.get(`/crafts/${before}`)).body.force).toBeUndefined();
});

test('a rename that has only begun is known to the API that has the new name, and does not disturb the one that has the old', async () => {
  const { db, served } = await database();
  const [{ api: old }, { api }] = [
    await served(OLD),
    await served(declared('Renamed', { thrust: { type: Int32, default: 0 } })),
  ];
  const removed = async () => {
    const { body } = await old.post('/crafts').send({ title: 'Voyager', force: 7 });
    await old.delete(`/crafts/${body.id}`);
    return `/crafts/${body.id}/restore`;
  };
  const before = [await removed(), await removed()];
  await setValidator(db, 'crafts', {});
  await recordRename(db, { collection: 'crafts', from: 'force', to: 'thrust' });
  const during = [await removed(), await removed()];
  for (const [left = '', right = ''] of [before, during])
    expect([(await old.post(left)).body, (await api.post(right)).body]).toMatchObject([{ force: 7 }, { thrust: 7 }]);
});

test('a field that got another type and name at once carries the values that fit both', async () => {
  const { since: _since, ...others } = first;
  const { db, served } = await database();
  const { api: old } = await served(OLD);
  const make = async (since: string) => {
    const { body } = await old.post('/crafts').send({ title: 'Voyager', since });
    await old.delete(`/crafts/${body.id}`);
    return `/crafts/${body.id}/restore`;
  };
  const paths = [await make('1977-08-20T14:29:00Z'), await make('long ago')];
  await setValidator(db, 'crafts', {});
  await convertFields(db, {
    collection: 'crafts',
    name: 'launched',
    before: { since: ['string', 'missing'] },
    after: { launched: ['date', 'missing'] },
    convert: ({ since }) => ({ launched: new Date(String(since)) }),
    revert: ({ launched }) => ({ since: String(launched) }),
  });
  const { api } = await served(declared('Launched', { ...others, launched: { type: Date } }));
  const answers = await Promise.all(paths.map((path) => api.post(path)));
  expect(answers.map(({ status, body, headers }) => [status, body.launched, headers['left-out']])).toEqual([
    [200, '1977-08-20T14:29:00.000Z', undefined],
    [200, undefined, '"/launched"'],
  ]);
});
