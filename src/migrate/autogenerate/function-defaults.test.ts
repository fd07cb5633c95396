import { expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import mongoose, { Schema } from 'mongoose';
import { collectionDefinition } from '../../schema/collection.ts';
import { testDatabase } from '../../testing/database.ts';
import { generatedMigrations } from '../../testing/generated-migrations.ts';
import { compare } from './compare.ts';
import { describe } from './describe.ts';
import { render } from './render.ts';

const database = await testDatabase();
const { db } = database;
const { load, documentsOf, reset, verify } = generatedMigrations(database);
const connection = mongoose.createConnection();
let models = 0;

/** What a model with these fields, besides a name, demands of its collection. */
function shapeOf(fields: object) {
  const schema = new Schema({ name: String, ...fields }, { collection: 'buoys' });
  return collectionDefinition(connection.model(`Buoy${(models += 1)}`, schema));
}
const inner = (fields: object) => ({ type: new Schema({ note: String, ...fields }, { _id: false }) });

const seenAt = { type: Date, default: Date.now };
const at = new Date(0);
const documents: Document[] = [
  { _id: new ObjectId(), name: 'a' },
  { _id: new ObjectId(), name: 'b', site: { code: 'x' }, size: { note: 'x' }, parts: [{ note: 'x' }] },
];

test.each<[string, object, object, string[], unknown, Document[]]>([
  ['a field', {}, { seenAt }, ['seenAt'], at, [{ seenAt: at }, { seenAt: at }]],
  ['nothing, which is an answer too', {}, { seenAt }, ['seenAt'], undefined, [{}, {}]],
  [
    'a field that is required',
    {},
    { seenAt: { ...seenAt, required: true } },
    ['seenAt'],
    at,
    [{ seenAt: at }, { seenAt: at }],
  ],
  [
    'a field within an object that all have',
    { site: { code: String } },
    { site: { code: String, seenAt } },
    ['site.seenAt'],
    at,
    [{}, { site: { code: 'x', seenAt: at } }],
  ],
  [
    'an object that all have, and what is within it',
    {},
    { base: { code: { type: String, default: 'y' }, seenAt } },
    ['base.seenAt'],
    { code: 'y', seenAt: at },
    [{ base: { code: 'y', seenAt: at } }, { base: { code: 'y', seenAt: at } }],
  ],
  [
    'a field within an optional object',
    { size: inner({}) },
    { size: inner({ seenAt }) },
    ['size.seenAt'],
    at,
    [{}, { size: { note: 'x', seenAt: at } }],
  ],
  [
    'an object that a function makes',
    {},
    { log: { ...inner({ seenAt }), default: () => ({}) } },
    ['log'],
    {},
    [{ log: {} }, { log: {} }],
  ],
])(
  'a migration asks for the value that old documents get in %s, and goes up, down and up with it',
  async (_what, older, newer, asked, value, expected) => {
    const whole = { site: { code: String }, size: inner({}), parts: [inner({}).type] };
    const [before, after] = [shapeOf({ ...whole, ...older }), shapeOf({ ...whole, ...newer })];
    const changes = compare([before], [after]);
    const { text, needsEdit } = render('add it', changes, [before], [after]);
    expect(needsEdit).toEqual(asked.map((path) => `the value that old documents get in buoys.${path}`));
    expect(changes.map(describe).filter((line) => line.includes('a new value'))).toHaveLength(1);
    const unwritten = await load(text);
    await reset([before], { buoys: documents });
    const original = await documentsOf([before]);
    await expect(unwritten.up(db)).rejects.toThrow('in this migration');
    expect(await documentsOf([before])).toEqual(original);

    Object.assign(globalThis, { answer: value });
    const written = text.replaceAll(/ {2}throw new Error\([^;]*;/g, '  return Reflect.get(globalThis, "answer");');
    await verify(await load(written), [before], [after], original);
    const found = await db.collection('buoys').find().sort({ _id: 1 }).toArray();
    expect(found).toEqual(documents.map((one, place) => ({ ...one, ...expected[place] })));
  },
);

test('an optional object that is new stays absent in old documents, whatever defaults are within it', () => {
  const [before, after] = [shapeOf({}), shapeOf({ size: inner({ height: { type: Number, default: 1 }, seenAt }) })];
  const { text, needsEdit } = render('add size', compare([before], [after]), [before], [after]);
  expect(needsEdit).toEqual([]);
  expect(text).toContain("{ collection: 'buoys', field: 'size' }");
});

test('where a field with such a default is no longer optional, the migration asks what stands for it', () => {
  const [before, after] = [shapeOf({ seenAt }), shapeOf({ seenAt: { ...seenAt, required: true } })];
  const { needsEdit } = render('require seenAt', compare([before], [after]), [before], [after]);
  expect(needsEdit).toEqual(['how buoys.seenAt becomes date']);
});

test('a field with such a default is removed, and comes back as it was', async () => {
  const [before, after] = [
    shapeOf({ log: { ...inner({ seenAt }), required: true, default: () => ({}) } }),
    shapeOf({}),
  ];
  const { text, needsEdit } = render('remove log', compare([before], [after]), [before], [after]);
  expect(needsEdit).toEqual([]);
  await reset([before], { buoys: [{ name: 'a', log: { seenAt: at } }] });
  await verify(await load(text), [before], [after], await documentsOf([before]));
});

test('a default that cannot be written as TypeScript is named, with what to do', () => {
  const [before, after] = [shapeOf({}), { ...shapeOf({ pattern: String }), defaults: { pattern: /x/ } }];
  expect(() => render('add pattern', compare([before], [after]), [before], [after])).toThrow(
    'The value /x/ cannot be written into a generated migration. Give the field another default',
  );
});
