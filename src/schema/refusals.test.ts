import { expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import type { Document } from 'mongodb';
import { eitherValidator } from '../migrate/operations/validators.ts';
import { collectionDefinitions } from '../models.ts';
import { FIXTURES } from '../testing/fixtures.ts';
import { collectionDefinition } from './collection.ts';
import { refusals } from './refusals.ts';

const { Schema } = mongoose;
const connection = mongoose.createConnection();
let models = 0;
const definitionOf = (fields: object) =>
  collectionDefinition(connection.model(`Model${(models += 1)}`, new Schema({ ...fields }, { collection: 'things' })));

const keywords = (rule: object) => ({ validator: () => true, keywords: rule });
const name = { type: String, required: true };

test.each(collectionDefinitions(connection, FIXTURES).map((one) => [one.name, one] as const))(
  'what is stored in %s fits its own validator, none, and an open one',
  (_name, definition) => {
    expect(refusals(definition, definition.validator)).toEqual([]);
    expect(refusals(definition, {})).toEqual([]);
    expect(refusals(definition, { $jsonSchema: { bsonType: 'object' } })).toEqual([]);
  },
);

test.each<[string, object, object, string[]]>([
  ['a field is new', { name }, { name, maker: String }, ['maker is not known']],
  [
    'a field within an object is new',
    { name, site: { code: String } },
    { name, site: { code: String, country: String } },
    ['site.country is not known'],
  ],
  [
    'a field in an array is new',
    { name, parts: [new Schema({ mass: Number }, { _id: false })] },
    { name, parts: [new Schema({ mass: Number, maker: String }, { _id: false })] },
    ['parts[].maker is not known'],
  ],
  ['a required field is gone', { name, maker: name }, { name }, ['maker is required']],
  ['a required field is optional', { name }, { name: String }, ['name is required']],
  ['a required field has a default', { name }, { name: { type: String, default: '' } }, []],
  ['an optional field is gone', { name, maker: String }, { name }, []],
  ['an optional field is required', { name, maker: String }, { name, maker: name }, []],
  ['a type is wider', { mass: mongoose.Schema.Types.Int32 }, { mass: Number }, ['mass is bound by bsonType "int"']],
  ['a type is narrower', { mass: Number }, { mass: mongoose.Schema.Types.Int32 }, []],
  ['null is a value', { at: Date }, { at: { type: Date, default: null } }, ['at is bound by bsonType "date"']],
  [
    'a text may be longer',
    { name: { ...name, validate: keywords({ maxLength: 9, minLength: 1 }) } },
    { name: { ...name, validate: keywords({ maxLength: 10, minLength: 1 }) } },
    ['name is bound by maxLength 9'],
  ],
  [
    'a text may be shorter only',
    { name: { ...name, validate: keywords({ maxLength: 9 }) } },
    { name: { ...name, validate: keywords({ maxLength: 8, minLength: 1 }) } },
    [],
  ],
  [
    'an enumeration has one more',
    { kind: { type: String, validate: keywords({ enum: ['a', 'b'] }) } },
    { kind: { type: String, validate: keywords({ enum: ['b', 'a', 'c'] }) } },
    ['kind is bound by enum ["a","b"]'],
  ],
  [
    'a pattern is another',
    { kind: { type: String, validate: keywords({ pattern: '^a' }) } },
    { kind: { type: String, validate: keywords({ pattern: '^b' }) } },
    ['kind is bound by pattern "^a"'],
  ],
])('where %s, that is told, and nothing while a migration accepts both', (_case, old, next, told) => {
  const [before, after] = [definitionOf(old), definitionOf(next)];
  expect(refusals(after, before.validator)).toEqual(told);
  const either: Document = eitherValidator(before.validator, after.validator);
  expect(refusals(after, either)).toEqual([]);
  expect(refusals(before, either)).toEqual([]);
});
