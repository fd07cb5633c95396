import { describe, expect, test } from '@jest/globals';
import { Schema, type SchemaDefinition } from 'mongoose';
import supertest from 'supertest';
import { OperatorError } from '../../operator-error.ts';
import { searchable } from '../../schema/search-plugin.ts';
import { fixtureServer, serve, testServer } from '../../testing.ts';
import { readDescription } from '../../testing/description.ts';
import type { ResourceDeclaration } from '../resource-description.ts';

const { url, connection } = await fixtureServer();
const { operations } = await readDescription(url);
const probes = operations.filter(({ path }) => path.startsWith('/probes'));
const asked = probes.flatMap(({ parameters }) =>
  parameters.filter((one) => one.in === 'query').map(({ name }) => name),
);
/** Every parameter of probes but those that ask about a field, which have an operator too. */
const names = [...new Set(asked)].filter((name) => !name.includes('[') && !asked.includes(`${name}[eq]`));

const declared = (definition: SchemaDefinition, model = 'Odd'): ResourceDeclaration => {
  // A model without words, numbers or times has fewer parameters.
  const some = { title: { type: String, searchable: true }, mass: Number, seen: Date };
  const schema = new Schema({ ...some, ...definition }, { collection: 'odds' });
  schema.plugin(searchable);
  return { model: (on) => on.model(model, schema, 'odds', { overwriteModels: true }), path: '/odds', description: '' };
};

test('the parameters are those of pages, lists, searches, statistics, histories and of the past', () => {
  const expected = [
    'after',
    'at',
    'before',
    'by',
    'caller',
    'fields',
    'limit',
    'of',
    'q',
    'quantiles',
    'sort',
    'timezone',
  ];
  expect(names.toSorted()).toEqual(expected);
});

describe('a field is refused when it is served, by the names of model and field, that is called', () => {
  const types = [String, Number, Date, Boolean, Schema.Types.Int32, Schema.Types.ObjectId];
  test.each([...names, 'id'])('%s', async (name) => {
    for (const type of types) {
      const refused = serve(connection, { resources: [declared({ [name]: { type } })] });
      await expect(refused).rejects.toThrow(OperatorError);
      await expect(refused).rejects.toThrow(new RegExp(`^Odd\\.${name}: .*"${name}".*give the field another name`));
    }
  });

  test.each([
    '_id2',
    '_search2',
    '$set',
    '-title',
    'a[b',
    'a]',
    'a[eq]',
    '__proto',
    'constructor',
    'toString',
    'valueOf',
  ])('%s', async (name) => {
    const inner = new Schema({ [name]: String }, { _id: false });
    // Of this one, in an object that has no schema, Mongoose keeps no trace.
    const nested = name === 'constructor' ? [] : [{ part: { [name]: String } }];
    for (const definition of [{ [name]: String }, { part: inner }, { parts: [inner] }, ...nested])
      await expect(serve(connection, { resources: [declared(definition)] })).rejects.toThrow(
        /^Odd\.(part\.|parts\[\]\.)?.*: .*; give the field another name\.$/,
      );
  });
});

test('where names do not collide, they are found', async () => {
  const inside = { limit: Number, sort: String, q: String, id: String, at: Date };
  const resources = [declared({ site: inside, fields: [String], after: { at: Number } })];
  const server = await testServer({ resources, settings: { allowScans: true } });
  const api = supertest(server.url);
  const body = { site: { limit: 3, sort: 'a', q: 'b', id: 'c' }, fields: ['x'], after: { at: 1 } };
  const { body: created } = await api.post('/odds').send(body);
  expect(created).toMatchObject(body);
  await api.post('/odds').send({ site: { limit: 4 } });
  for (const query of [
    'site.limit=3',
    'site.sort=a',
    'site.q=b',
    'site.id=c',
    'after.at=1',
    'site.limit[lt]=4&limit=1',
  ])
    expect((await api.get(`/odds?${query}`)).body).toEqual([created]);
  expect((await api.get('/odds?sort=-site.limit&limit=1&fields=fields')).body).toEqual([
    { id: expect.anything(), fields: [] },
  ]);
});
