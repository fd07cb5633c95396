import { bsonOf, element, int32, int64, text } from './bson-bytes.ts';

/** The empty value of null and similar types. */
export const nothing = Buffer.alloc(0);
const nested = (depth: number): Buffer => (depth === 0 ? bsonOf() : bsonOf(element(3, 'd', nested(depth - 1))));
const binary = (subtype: number, bytes: number[]) =>
  Buffer.concat([int32(bytes.length), Buffer.from([subtype, ...bytes])]);
const decimal = (low: bigint, high: bigint) => Buffer.concat([int64(low), int64(high)]);

/** Every BSON type, with values that JavaScript would change. */
const VALUES: Record<string, [type: number, value: Buffer]> = {
  'one as double': [1, int64(0x3ff0_0000_0000_0000n)],
  'negative zero': [1, int64(0x8000_0000_0000_0000n)],
  'NaN with a payload': [1, int64(0x7ff8_0000_0000_0123n)],
  'negative NaN with a payload': [1, int64(0xfff8_0000_0000_0123n)],
  'signalling NaN': [1, int64(0x7ff0_0000_0000_0001n)],
  infinity: [1, int64(0x7ff0_0000_0000_0000n)],
  'smallest double': [1, int64(1n)],
  'text with a zero': [2, text('a\0b')],
  'fields that look like indexes': [3, bsonOf(element(16, '2', int32(0)), element(16, '1', int32(0)))],
  'fields that look like prototypes': [
    3,
    bsonOf(element(16, '__proto__', int32(0)), element(16, 'constructor', int32(1))),
  ],
  'empty name': [3, bsonOf(element(16, '', int32(0)))],
  'names of operators': [3, bsonOf(element(16, '$ref', int32(0)), element(16, 'a.b', int32(0)))],
  'a path beside its field': [3, bsonOf(element(16, 'a.b', int32(0)), element(3, 'a', bsonOf()))],
  'a depth of 90': [3, nested(90)],
  array: [4, bsonOf(element(16, '0', int32(7)), element(10, '1', nothing))],
  'binary of the old subtype': [5, binary(2, [1, 0, 0, 0, 9])],
  UUID: [5, Buffer.concat([int32(16), Buffer.from([4]), Buffer.alloc(16, 5)])],
  'encrypted binary': [5, binary(6, [1])],
  'binary of a compressed column': [5, binary(7, [0x10, 0])],
  vector: [5, binary(9, [3, 0, 1])],
  'binary of a subtype of its own': [5, binary(0x80, [])],
  id: [7, Buffer.alloc(12, 9)],
  true: [8, Buffer.from([1])],
  'date before 1': [9, int64(-62_135_596_800_000n)],
  null: [10, nothing],
  'regular expression': [11, Buffer.from('^a\0imx\0')],
  code: [13, text('f()')],
  'code with scope': [15, Buffer.concat([int32(4 + 8 + 5), text('f()'), bsonOf()])],
  'one as int32': [16, int32(1)],
  timestamp: [17, int64(0x0000_0005_0000_0007n)],
  'empty timestamp': [17, int64(0n)],
  'greatest timestamp': [17, int64(-1n)],
  'one as int64': [18, int64(1n)],
  'above 2^53': [18, int64(0x0020_0000_0000_0001n)],
  'least int64': [18, int64(-(2n ** 63n))],
  'greatest int64': [18, int64(2n ** 63n - 1n)],
  decimal: [19, decimal(1n, 0x3040_0000_0000_0000n)],
  'decimal with zeros': [19, decimal(1000n, 0x303a_0000_0000_0000n)],
  'decimal NaN with a payload': [19, decimal(5n, 0x7c00_0000_0000_0000n)],
  'decimal signalling NaN': [19, decimal(0n, 0x7e00_0000_0000_0000n)],
  'decimal infinity': [19, decimal(0n, 0x7800_0000_0000_0000n)],
  'decimal negative zero': [19, decimal(0n, 0xb040_0000_0000_0000n)],
  'decimal that is not canonical': [19, decimal(0xffff_ffff_ffff_ffffn, 0x6c12_0000_0000_0000n)],
  least: [255, nothing],
  greatest: [127, nothing],
};

/** A document for each of them, and one with unusual names. */
export function everyValue(): Buffer[] {
  const documents = Object.entries(VALUES).map(([name, [type, value]], index) =>
    bsonOf(element(16, '_id', int32(index)), element(type, 'value', value), element(2, 'name', text(name))),
  );
  const fields = [element(16, '_id', int32(-1)), element(16, '', int32(1)), element(16, '$set', int32(2))];
  return [...documents, bsonOf(...fields, element(16, 'a.b', int32(3)), element(16, '__proto__', int32(4)))];
}
