import { describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { compare, possibleRenames } from './compare.ts';
import { describe as inWords } from './describe.ts';
import type { CollectionShape } from './shape.ts';

const shape = (
  properties: Document,
  rest: Partial<CollectionShape> = {},
  required: string[] = [],
): CollectionShape => ({
  name: 'engines',
  validator: { $jsonSchema: { bsonType: 'object', required, properties, additionalProperties: false } },
  indexes: [],
  ...rest,
});

const TEXT = { bsonType: 'string' };
const INT = { bsonType: 'int' };
const words = (before: CollectionShape, after: CollectionShape, renames?: Record<string, string>) =>
  compare([before], [after], renames).map(inWords);

describe('compare', () => {
  test('finds nothing where only the order of names, types and required fields differs', () => {
    const before = shape({ a: { bsonType: ['string', 'null'] }, b: INT }, {}, ['a', 'b']);
    const after = shape({ b: { bsonType: ['int'] }, a: { bsonType: ['null', 'string'] } }, {}, ['b', 'a']);
    expect(compare([before], [after])).toEqual([]);
  });

  test('looks into objects, and takes a new object with the defaults of its fields', () => {
    const object = (properties: Document) => ({ bsonType: 'object', properties, additionalProperties: false });
    const before = shape({ nozzle: object({ ratio: INT, gone: TEXT }) });
    const after = shape(
      { nozzle: object({ ratio: TEXT, size: INT }), tank: object({ volume: INT, inner: object({ wall: TEXT }) }) },
      { defaults: { 'nozzle.size': 5, tank: {}, 'tank.volume': 1, 'tank.inner.wall': 'thin' } },
    );
    expect(words(before, after)).toEqual([
      'engines.nozzle.ratio changes from int or missing to missing or string',
      'engines.nozzle.gone is removed',
      'engines.nozzle.size (int) is added, as 5 in old documents',
      "engines.tank (object) is added, as { volume: 1, inner: { wall: 'thin' } } in old documents",
    ]);
  });

  test('distinguishes changed constraints, changed types and other changes of a validator', () => {
    const list = (items: Document) => ({ bsonType: 'array', items });
    const before = shape({ a: { ...TEXT, maxLength: 5 }, b: { ...TEXT, enum: ['x'] }, c: list(TEXT), d: INT });
    const after = shape({ a: { ...TEXT, maxLength: 6 }, b: { ...TEXT, enum: ['x', 'y'] }, c: list(INT), d: INT }, {}, [
      'd',
    ]);
    const changes = compare([before], [{ ...after, validator: { ...after.validator, a: { $ne: 'z' } } }]);
    expect(changes).toMatchObject([
      { kind: 'constrainField', field: 'a', hasOtherElements: false },
      { kind: 'constrainField', field: 'b', hasOtherElements: false },
      { kind: 'constrainField', field: 'c', hasOtherElements: true },
      { kind: 'constrainField', field: 'd', hasOtherElements: false },
      { kind: 'changeValidator' },
    ]);
    expect(changes).toHaveLength(5);
  });

  test('sees that the order of the keys of an index matters', () => {
    const index = (key: Document, rest: Document = {}) => ({ indexes: [{ name: 'i', key, ...rest }] });
    const before = shape({}, index({ a: 1, b: 1 }));
    expect(words(before, shape({}, index({ b: 1, a: 1 })))).toEqual([
      'the index i of engines is made again, with key {"b":1,"a":1} instead of {"a":1,"b":1}',
    ]);
    expect(words(before, shape({}, index({ a: 1, b: 1 }, { unique: true })))).toHaveLength(1);
    expect(words(before, shape({}, index({ a: 1, b: 1 }, { v: 2, background: true })))).toEqual([]);
    expect(words(before, shape({}))).toEqual(['the index i of engines is removed']);
  });

  test('offers fields of one type as renames, and takes the given ones', () => {
    const before = shape({ thrust: { ...INT, minimum: 0 }, title: TEXT });
    const after = shape({ thrustKn: INT, ratio: INT, name: TEXT });
    const pair = (from: string, to: string) => ({ collection: 'engines', from, to });
    const renames = possibleRenames(compare([before], [after]));
    expect(renames).toEqual([pair('thrust', 'thrustKn'), pair('thrust', 'ratio'), pair('title', 'name')]);
    expect(words(before, after, { 'engines.thrust': 'thrustKn', 'engines.title': 'name' })).toEqual([
      'engines.thrust is renamed to thrustKn',
      'engines.title is renamed to name',
      'engines.thrustKn has other constraints',
      'engines.ratio (int) is added',
    ]);
    expect(words(before, after, { 'engines.title': 'thrustKn' })).toContain(
      'engines.title changes from missing or string to int or missing and is renamed to thrustKn',
    );
  });

  test('gives a renamed field its value under the name by which it may not be absent', () => {
    const optional = shape({ a: INT }, { defaults: { a: 5 } });
    const required = shape({ b: INT }, { defaults: { b: 6 } }, ['b']);
    expect(words(optional, required, { 'engines.a': 'b' })).toEqual([
      'engines.a is renamed to b',
      'engines.b changes from int or missing to int',
    ]);
    expect(words(required, optional, { 'engines.b': 'a' })).toEqual([
      'engines.b is renamed to a',
      'engines.b changes from int to int or missing',
    ]);
    expect(words(required, shape({ a: TEXT }), { 'engines.b': 'a' })).toEqual([
      'engines.b changes from int to int or missing',
      'engines.b changes from int or missing to missing or string and is renamed to a',
    ]);
  });

  test.each([
    ['engines.nothing', 'thrustKn', 'engines.nothing cannot be renamed: the migrations make no such field.'],
    ['engines.thrust', 'nothing', 'the model has no such field'],
    ['engines.kept', 'thrustKn', 'the migrations or the model have both fields'],
    [
      'pilots.name',
      'title',
      'pilots.name cannot be renamed: no collection of that name or with that field is both in the migrations and in the models.',
    ],
  ])('refuses to rename %s to %s', (from, to, message) => {
    const [before, after] = [shape({ thrust: INT, kept: INT }), shape({ thrustKn: INT, kept: INT })];
    expect(() => compare([before], [after], { [from]: to })).toThrow(message);
  });
});
