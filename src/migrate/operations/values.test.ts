import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Double, Long, ObjectId } from 'mongodb';
import { convertValue, isConvertible } from './values.ts';

const id = new ObjectId();

describe('convertValue', () => {
  test.each<[unknown, string | string[], unknown]>([
    [5, 'string', '5'],
    [1.5, 'string', '1.5'],
    ['007', 'int', 7],
    ['-2147483648', 'int', -2_147_483_648],
    ['2147483648', ['int', 'long'], Long.fromNumber(2_147_483_648)],
    ['1.5e3', 'double', new Double(1500)],
    [5, 'double', new Double(5)],
    [5, ['int', 'string'], 5],
    ['2026-11-02', 'date', new Date('2026-11-02T00:00:00Z')],
    [new Date(0), 'string', '1970-01-01T00:00:00.000Z'],
    [id.toHexString(), 'objectId', id],
    ['false', 'bool', false],
    [null, ['int', 'missing'], undefined],
    [undefined, ['int', 'null'], null],
  ])('%j becomes a %j', (value, to, expected) => {
    expect(convertValue(value, to)).toStrictEqual(expected);
  });

  test.each<[unknown, string]>([
    ['1.5', 'int'],
    ['', 'int'],
    ['0x10', 'int'],
    ['2147483648', 'int'],
    ['1e999', 'double'],
    [1.5, 'int'],
    ['yesterday', 'date'],
    ['2026-02-31T00:00:00Z', 'date'],
    ['yes', 'bool'],
    [true, 'int'],
    [[5], 'int'],
    [null, 'int'],
  ])('%j becomes no %s', (value, to) => {
    expect(() => convertValue(value, to)).toThrow(/cannot become |there is no default/u);
  });

  test('a default stands for a null or absent value alone', () => {
    expect([null, undefined, 5].map((value) => convertValue(value, 'int', 9))).toEqual([9, 9, 5]);
  });

  test('whole numbers, dates and truth values come back from their texts', () => {
    const there: [string, fc.Arbitrary<unknown>][] = [
      ['int', fc.integer()],
      ['date', fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })],
      ['bool', fc.boolean()],
    ];
    for (const [type, values] of there) {
      expect(isConvertible(type, ['string']) && isConvertible('string', [type])).toBe(true);
      fc.assert(
        fc.property(values, (value) => expect(convertValue(convertValue(value, 'string'), type)).toEqual(value)),
      );
    }
  });
});
