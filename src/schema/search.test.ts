import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { Schema } from 'mongoose';
import { initialiseCollections } from '../database/init.ts';
import { testDatabase } from '../testing/database.ts';
import { applyChanges } from './apply-changes.ts';
import { toChanges, toDocument, toReplacement } from './codec.ts';
import { collectionDefinition } from './collection.ts';
import { readFields } from './fields.ts';
import { searchable } from './search-plugin.ts';
import { withSearch, withSearchChanges } from './search.ts';

const part = new Schema(
  {
    name: { type: String, required: true, searchable: true },
    maker: { name: { type: String, searchable: true }, country: String },
    note: { type: String, default: null, searchable: true },
    mass: { type: Number, default: 0 },
  },
  { collection: 'parts', timestamps: true },
);
part.plugin(searchable);
const fields = readFields(part);

const { connection, db } = await testDatabase();
const Part = connection.model('Part', part);
const definition = collectionDefinition(Part);
await initialiseCollections(db, [definition]);
const parts = db.collection('parts');

beforeEach(async () => {
  await parts.deleteMany({});
});

/** The only document, after it was found to be searched by what it is. */
async function stored(): Promise<Document> {
  const all: Document[] = await parts.find().toArray();
  const [document = {}] = all;
  expect(all).toHaveLength(1);
  expect(document['_search']).toEqual(withSearch(fields, document)['_search']);
  return document;
}

const tokensOf = ({ _search }: Document): string[] => _search.tokens;

describe('a model with searchable fields', () => {
  test('has what it is searched by in its validator and in an index, and not among its fields', () => {
    expect(fields.map(({ name }) => name)).not.toContain('_search');
    const { properties } = definition.validator['$jsonSchema'];
    expect(properties._search.properties.of.properties).toEqual({
      name: { bsonType: 'string' },
      maker: {
        bsonType: 'object',
        properties: { name: { bsonType: 'string' } },
        additionalProperties: false,
      },
      note: { bsonType: ['string', 'null'] },
    });
    expect(definition.indexes).toEqual([{ name: '_search.tokens_1__id_1', key: { '_search.tokens': 1, _id: 1 } }]);
  });

  test.each([
    ['a number', { n: { type: Number, searchable: true } }, 'n: only a String is searchable'],
    ['an array', { tags: [{ type: String, searchable: true }] }, 'tags: a field in an array cannot be searchable'],
  ])('is refused if %s is one', (_what, declared, message) => {
    expect(() => readFields(new Schema(declared))).toThrow(message);
  });

  test('is refused without the plugin', () => {
    const bare = connection.model('Bare', new Schema({ name: { type: String, searchable: true } }));
    expect(() => collectionDefinition(bare)).toThrow('searchable fields need schema.plugin(searchable)');
  });
});

describe('the changes of a document', () => {
  const before = toDocument(fields, { name: 'Alpha', maker: { name: 'Acme', country: 'FR' }, note: 'Nimble' });

  test.each<[string, Document]>([
    ['one field', { name: 'Bravo' }],
    ['one in an object', { maker: { name: 'Bolt' } }],
    ['an object that is emptied of it', { maker: { name: null } }],
    ['null', { note: null }],
    ['all', { name: 'Bravo', maker: { name: 'Bolt' }, note: 'Nice' }],
    ['others', { mass: 5, maker: { country: 'DE' } }],
  ])('have what it is searched by afterwards: %s', (_what, patch) => {
    const changes = withSearchChanges(fields, toChanges(fields, patch));
    const after = applyChanges(before, typeof changes === 'function' ? changes(before) : changes);
    expect(after['_search']).toEqual(withSearch(fields, after)['_search']);
  });

  test('depend on the document only if they write some searchable fields and not the others', () => {
    const kindOf = (patch: Document) => typeof withSearchChanges(fields, toChanges(fields, patch));
    expect([kindOf({ name: 'x' }), kindOf({ mass: 1 })]).toEqual(['function', 'object']);
    expect(typeof withSearchChanges(fields, toReplacement(fields, { name: 'x' }))).toBe('object');
    expect(toChanges(fields, { mass: 1 }).$set).toEqual({ mass: 1 });
  });

  test('begin the best ranks with the first field alone', () => {
    expect(tokensOf(before)).toEqual(expect.arrayContaining(['1:alpha', '2:acme', '2:nimble', '3:al', '4:ac']));
  });
});

describe('what Mongoose writes', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['create()', () => Part.create({ name: 'Alpha', maker: { name: 'Acme' } })],
    ['save() of a new one', () => new Part({ name: 'Alpha', note: 'x' }).save()],
    ['save() without validation', () => new Part({ name: 'Alpha' }).save({ validateBeforeSave: false })],
    ['insertMany()', () => Part.insertMany([{ name: 'Alpha' }])],
    ['insertMany() of documents', () => Part.insertMany([new Part({ name: 'Alpha' })])],
    ['insertMany() with lean', () => Part.insertMany([{ name: 'Alpha', note: 'x' }], { lean: true })],
    ['bulkSave()', () => Part.bulkSave([new Part({ name: 'Alpha' })])],
    ['insertOne()', () => Part.insertOne({ name: 'Alpha' })],
    ['findOneAndReplace() with upsert', () => Part.findOneAndReplace({ mass: 9 }, { name: 'Alpha' }, { upsert: true })],
    [
      'an upsert of all',
      () => Part.updateOne({ mass: 9 }, { name: 'Alpha', 'maker.name': 'Acme', note: 'x' }, { upsert: true }),
    ],
  ])('has what it is searched by: %s', async (_what, write) => {
    await write();
    expect(tokensOf(await stored())).toContain('1:alpha');
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'save() of one field',
      async () => {
        const found = await Part.findOne().orFail();
        await parts.updateOne({}, { $set: { note: 'of another' } });
        found.name = 'Bravo';
        await found.save();
      },
    ],
    ['updateOne()', () => Part.updateOne({}, { name: 'Bravo', maker: { name: 'Bolt' }, $set: { note: 'y' } })],
    ['updateMany()', () => Part.updateMany({}, { $set: { name: 'Bravo', 'maker.name': 'B' }, $unset: { note: 1 } })],
    ['findOneAndUpdate()', () => Part.findOneAndUpdate({}, { name: 'Bravo', maker: {}, note: null })],
    ['replaceOne()', () => Part.replaceOne({}, { name: 'Bravo' })],
    ['an update of another field', () => Part.updateOne({}, { $inc: { mass: 1 } })],
    [
      'bulkWrite() of another field',
      () => Part.bulkWrite([{ updateOne: { filter: {}, update: { $inc: { mass: 1 } } } }]),
    ],
  ])('stays searched by what it is: %s', async (_what, write) => {
    await Part.create({ name: 'Alpha', maker: { name: 'Acme' } });
    await write();
    expect(await stored()).toMatchObject({ name: expect.any(String) });
  });

  test.each<[string, () => Promise<unknown>]>([
    ['one of several', () => Part.updateOne({}, { name: 'Bravo' })],
    ['a pipeline', () => Part.updateOne({}, [{ $set: { name: 'Bravo' } }], { updatePipeline: true })],
    ['$rename', () => Part.updateOne({}, { $rename: { note: 'name' } })],
    ['$setOnInsert', () => Part.updateOne({}, { $setOnInsert: { name: 'Bravo' } })],
    ['an upsert without it', () => Part.updateOne({ name: 'Bravo' }, { mass: 1 }, { upsert: true })],
    ['bulkWrite()', () => Part.bulkWrite([{ updateOne: { filter: {}, update: { name: 'Bravo' } } }])],
    ['bulkWrite() of a new one', () => Part.bulkWrite([{ insertOne: { document: { name: 'Bravo' } } }])],
    [
      'save() of a part',
      async () => {
        const found = await Part.findOne().select('name').orFail();
        found.name = 'Bravo';
        await found.save();
      },
    ],
  ])('is refused where that cannot be kept: %s', async (_what, write) => {
    await Part.create({ name: 'Alpha' });
    await expect(write()).rejects.toThrow('would make search tokens wrong');
    expect(await stored()).toMatchObject({ name: 'Alpha' });
  });

  test('is read without it', async () => {
    await Part.create({ name: 'Alpha' });
    expect((await Part.findOne().orFail()).toObject()).not.toHaveProperty('_search');
  });
});
