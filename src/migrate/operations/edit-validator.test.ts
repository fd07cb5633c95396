import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BSONRegExp, Long, type Document } from 'mongodb';
import { isAccepted } from '../../testing/accepted.ts';
import { testDatabase } from '../../testing/database.ts';
import { isSameSchema } from '../autogenerate/shape.ts';
import { addCollection } from './collections.ts';
import { edited, editValidator, opened, type ValidatorEdit } from './edit-validator.ts';
import { addField, removeField, renameField, setField, unsetField } from './fields.ts';
import { validatorOf } from './replace-validator.ts';

const { db } = await testDatabase();

/** Objects of objects, closed or open, nullable or not, with and without what they demand. */
const NAMES = ['a', 'b', 'c'];
const name = fc.constantFrom(...NAMES);
const leaf = fc.constantFrom<Document>(
  {},
  { bsonType: 'int' },
  { bsonType: 'int', minimum: 1 },
  { bsonType: ['string', 'null'] },
  { enum: [1, null] },
  { bsonType: 'array', items: { bsonType: 'object', properties: {} } },
);
const { object } = fc.letrec<{ schema: Document; object: Document }>((tie) => ({
  schema: fc.oneof({ maxDepth: 2, withCrossShrink: true }, leaf, tie('object')),
  object: fc
    .record(
      {
        bsonType: fc.constantFrom('object', ['object', 'null']),
        required: fc.uniqueArray(name, { minLength: 1 }),
        properties: fc.dictionary(name, tie('schema'), { maxKeys: 3 }),
        additionalProperties: fc.constantFrom<unknown>(false, { bsonType: 'int' }),
        patternProperties: fc.constant({ '^x': { bsonType: 'bool' } }),
        minProperties: fc.constant(1),
        title: fc.constant('kept'),
      },
      { requiredKeys: ['bsonType'] },
    )
    .map((one): Document => one),
}));
const document = object.map((one): Document => ({ ...one, properties: { _id: {}, ...one['properties'] } }));
const validator = fc.oneof(
  fc.record({ $jsonSchema: document, a: fc.constant({ $exists: true }) }, { requiredKeys: ['$jsonSchema'] }),
  fc.constantFrom<Document>({}, { a: { $gt: 0 } }),
);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((steps) => steps.join('.'));
const edit: fc.Arbitrary<ValidatorEdit> = fc
  .record(
    {
      set: path.chain((one) => fc.oneof(leaf, object).map((schema) => ({ [one]: schema }))),
      unset: fc.array(path, { minLength: 1, maxLength: 2 }),
      required: fc.array(path, { minLength: 1, maxLength: 2 }),
      optional: fc.array(path, { minLength: 1, maxLength: 2 }),
      otherFields: fc.constantFrom('allowed', 'refused'),
    },
    { requiredKeys: [] },
  )
  // One that says two things of a field says nothing that can be done again.
  .filter(({ set = {}, unset = [], required = [], optional = [] }) => {
    const all = [...Object.keys(set), ...unset, ...optional, ...required];
    return new Set(all).size === all.length && !all.some((one) => all.some((other) => other.startsWith(`${one}.`)));
  });

function attempt(before: Document, how: ValidatorEdit): Document | undefined {
  try {
    return edited(before, how, 'probes');
  } catch (error) {
    expect(String(error)).toMatch(/^OperatorError: The validator of probes names no object [abc.]+, so [abc.]+/u);
    return undefined;
  }
}

const nozzle = { bsonType: ['object', 'null'], required: ['ratio'], properties: { ratio: {} } };
const start = { bsonType: 'object', required: ['a', 'b'], properties: { a: {}, b: {}, nozzle } };

test.each<[string, ValidatorEdit, Document]>([
  ['sets', { set: { b: { bsonType: 'int' } } }, { ...start, properties: { a: {}, b: { bsonType: 'int' }, nozzle } }],
  ['unsets', { unset: ['a', 'none', 'none.either'] }, { ...start, required: ['b'], properties: { b: {}, nozzle } }],
  ['demands', { required: ['c', 'a'] }, { ...start, required: ['a', 'b', 'c'] }],
  ['permits to be absent', { optional: ['a', 'none.either'] }, { ...start, required: ['b'] }],
  ['demands nothing', { optional: ['a', 'b'] }, { bsonType: 'object', properties: start.properties }],
  ['refuses others', { otherFields: 'refused' }, { ...start, additionalProperties: false }],
  [
    'goes into objects',
    { set: { 'nozzle.material': {} }, optional: ['nozzle.ratio'] },
    {
      ...start,
      properties: {
        ...start.properties,
        nozzle: { bsonType: nozzle.bsonType, properties: { ratio: {}, material: {} } },
      },
    },
  ],
])('an edit %s', (_what, how, after) => {
  expect(edited({ $jsonSchema: start }, how, 'probes')).toEqual({ $jsonSchema: after });
});

test('an edit goes into no array, and allows others again', () => {
  const closed = {
    bsonType: 'object',
    properties: { a: { bsonType: 'array', items: {} } },
    additionalProperties: false,
  };
  const { additionalProperties: _others, ...open } = closed;
  expect(edited({ $jsonSchema: closed }, { otherFields: 'allowed' }, 'probes')).toEqual({ $jsonSchema: open });
  for (const how of [{ set: { 'a.b': {} } }, { required: ['a.b'] }])
    expect(() => edited({ $jsonSchema: closed }, how, 'probes')).toThrow('names no object a, so a.b');
});

/** Without lists of no fields, which mean nothing. */
const plain = (schema: Document): unknown =>
  JSON.parse(JSON.stringify(schema), (key, value) =>
    key === 'properties' && Object.keys(value).length === 0 ? undefined : value,
  );

test('an edit makes the same of what was before, of what it made, and of what either was opened to', () => {
  let edits = 0;
  fc.assert(
    fc.property(validator, edit, (before, how) => {
      const after = attempt(before, how);
      if (after === undefined) return;
      edits += 1;
      for (const again of [after, opened(before, after, how, 'probes'), opened(after, after, how, 'probes')])
        expect(isSameSchema(plain(edited(again, how, 'probes')), plain(after))).toBe(true);
    }),
    { numRuns: 2000 },
  );
  expect(edits).toBeGreaterThan(200);
});

test('what a validator is opened to accepts every document that one of them accepts', async () => {
  const values = [
    undefined,
    { x: true },
    1,
    0,
    'text',
    null,
    [{}],
    { a: 1 },
    { b: { a: 0 }, x: 1 },
    { a: 'text', c: {} },
  ];
  const documents = values.flatMap((a) =>
    values.map((b) => ({ ...(a !== undefined && { a }), ...(b !== undefined && { b }) })),
  );
  await db.collection('probes').insertMany(documents);
  const accepted = async (filter: Document) =>
    (
      await db
        .collection('probes')
        .find(filter, { projection: { _id: 1 } })
        .toArray()
    ).map(({ _id }) => String(_id));
  const withoutPattern = { bsonType: 'object', properties: {}, additionalProperties: false };
  const a = { ...withoutPattern, patternProperties: { '^x': { bsonType: 'bool' } } };
  const withPattern = { $jsonSchema: { properties: { a } } };
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(validator, edit, async (before, how) => {
      const after = attempt(before, how);
      if (after === undefined) return;
      const [left, right, either] = await Promise.all(
        [before, after, opened(before, after, how, 'probes')].map(accepted),
      );
      if (left?.length !== right?.length) seen += 1;
      expect(either).toEqual(expect.arrayContaining([...(left ?? []), ...(right ?? [])]));
    }),
    {
      numRuns: 150,
      examples: [
        [withPattern, { set: { a: withoutPattern } }],
        [{ $jsonSchema: { properties: {} } }, { set: { a: { bsonType: 'int' } } }],
      ],
    },
  );

  expect(seen).toBeGreaterThan(3);
});

test('while documents change, both shapes are accepted and what lies between; then one, and no other ever', async () => {
  const title = { bsonType: 'string' };
  const inner = { bsonType: ['object', 'null'], properties: { x: { bsonType: 'int' } }, additionalProperties: false };
  const properties = { _id: {}, title, inner, gone: { bsonType: 'int' } };
  await addCollection(db, 'both', {
    $jsonSchema: { bsonType: 'object', required: ['gone'], properties, additionalProperties: false },
  });
  const both = db.collection('both');
  const [old, between, next] = [
    { gone: 1, inner: { x: 1 } },
    { gone: 1, kept: 1 },
    { kept: 1, inner: { y: 1 } },
  ];
  const verdicts = async () =>
    Promise.all([old, between, next, { gone: 'text' }, { inner: { z: 1 } }].map((one) => isAccepted(both, one)));
  expect(await verdicts()).toEqual([true, false, false, false, false]);
  const edit = { set: { kept: { bsonType: 'int' }, 'inner.y': {} }, required: ['kept'], unset: ['gone', 'inner.x'] };
  await editValidator(db, 'both', edit, async () => {
    expect(await verdicts()).toEqual([true, true, true, false, false]);
    await both.deleteMany({ gone: { $exists: true } });
  });
  expect(await verdicts()).toEqual([false, false, true, false, false]);
});

test('a change that is taken back before it began passes by what it would have made', async () => {
  const [title, name] = [
    { collection: 'back', from: 'title', to: 'name' },
    { collection: 'back', field: 'name' },
  ];
  const validator = {
    $jsonSchema: { required: ['title'], properties: { _id: {}, title: {} }, additionalProperties: false },
  };
  await addCollection(db, 'back', validator);
  await db.collection('back').insertOne({ title: 'a' });
  const edit = { set: { title: {} }, unset: ['name'], required: ['title'] };
  await editValidator(db, 'back', edit, async () => {
    await addField(db, { ...name, value: 'b' });
    await removeField(db, name);
    await renameField(db, title);
    await renameField(db, { ...title, from: 'name', to: 'title' });
  });
  expect(await validatorOf(db, 'back')).toEqual(validator);
  expect(await db.collection('back').countDocuments({ title: 'a' })).toBe(1);
});

test('what a validator says besides stays, byte for byte', async () => {
  const condition = { title: { $not: new BSONRegExp('^a b', 'x') }, big: { $ne: Long.fromString('9007199254740993') } };
  const properties = { title: { bsonType: 'string', maxLength: 256 } };
  await addCollection(db, 'by hand', condition);
  const thrust = { collection: 'by hand', field: 'thrust', schema: { bsonType: 'int' } };
  await setField(db, thrust);
  expect(await validatorOf(db, 'by hand')).toEqual({
    ...condition,
    $jsonSchema: { properties: { thrust: thrust.schema } },
  });
  await db.command({ collMod: 'by hand', validator: { ...condition, $jsonSchema: { properties } } });
  await unsetField(db, thrust);
  expect(await validatorOf(db, 'by hand')).toStrictEqual({ ...condition, $jsonSchema: { properties } });
  await expect(setField(db, { ...thrust, field: 'nozzle.ratio' })).rejects.toThrow(
    'The validator of by hand names no object nozzle, so nozzle.ratio cannot be changed in it.',
  );
});
