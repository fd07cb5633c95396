import fc from 'fast-check';
import type { Field } from '../schema/index.ts';
import { anyString } from './any-string.ts';

/** A JSON object that a client may send. */
export type Body = Record<string, unknown>;

const TOP = 2 ** 31;
const characters = fc.constantFrom('a', 'é', '漢', '🚀', '👩‍🚀', '\u0000', '\u{10FFFF}', ' ', '\n', '\u00A0', '𝟙', 'ß');
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const instant = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});
const ids = ['65A1B2C3D4E5F60718293A4B', '65a1b2c3d4e5f60718293a4', '65a1b2c3d4e5f60718293a4g', 'aaaaaaaaaaaa'];
const times = [
  '2026-05-01T12:00:00+05:30',
  '2026-05-01T12:00:00.123456Z',
  '2016-12-31T23:59:60Z',
  '2026-02-29T00:00:00Z',
  '2026-05-01',
  'now',
  '0000-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  '0000-12-31T23:59:59Z',
];
/** JSON values that are not made for any field. */
const wild = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, '', '0', '5', 0, -0, -1, 1.5, [], {}, [1], [null], ['a'], [{}]),
  fc.constantFrom<unknown>({ $numberInt: '1' }, { $date: '2026-05-01T00:00:00Z' }, { name: 'a' }, ...ids, ...times),
  fc.jsonValue({ stringUnit: 'grapheme' }),
);
/** A client cannot send `_id` and `__v`, but the database accepts them. */
const foreign = fc.dictionary(
  fc.constantFrom('id', 'createdAt', 'updatedAt', 'wings', '$set', 'a.b', '__proto__', 'constructor', ''),
  wild,
  { minKeys: 1, maxKeys: 2 },
);

/**
 * Bodies for the fields of a model: a third of them valid or nearly so, the others with something wrong in a few places, at
 * any depth.
 */
export const anyBody = (fields: readonly Field[]): fc.Arbitrary<Body> =>
  fc.oneof(orderly(fields), { weight: 2, arbitrary: disorderly(fields) });

/** Bodies that break no rule, except perhaps a bound by a little. */
export function orderly(fields: readonly Field[]): fc.Arbitrary<Body> {
  const writable = fields.filter(({ managed }) => !managed);
  return fc.record(Object.fromEntries(writable.map((field) => [field.name, orderlyValue(field)])), {
    requiredKeys: writable.filter(isDemanded).map(({ name }) => name),
  });
}

const isDemanded = (field: Field) => field.required && field.default === undefined;

function disorderly(fields: readonly Field[]): fc.Arbitrary<Body> {
  const writable = fields.filter(({ managed }) => !managed);
  const change = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .constantFrom(...writable)
        .chain((field) => disorderlyValue(field).map((value) => ({ [field.name]: value }))),
    },
    fc.constantFrom(...writable).map(({ name }) => ({ [name]: undefined })),
    foreign,
  );
  return fc
    .tuple(orderly(fields), fc.array(change, { minLength: 1, maxLength: 2 }))
    .map(([body, changes]) =>
      Object.fromEntries(
        Object.entries(Object.assign({}, body, ...changes)).filter(([, value]) => value !== undefined),
      ),
    );
}

function orderlyValue(field: Field): fc.Arbitrary<unknown> {
  const value = orderlyOfType(field);
  return field.nullable ? fc.option(value, { freq: 4 }) : value;
}

function orderlyOfType({ type, keywords, fields, items }: Field): fc.Arbitrary<unknown> {
  if (keywords.enum) return fc.constantFrom(...keywords.enum);
  switch (type) {
    case 'String':
      return keywords.pattern === undefined
        ? textOf(keywords.minLength, keywords.maxLength, 0)
        : fc.stringMatching(new RegExp(keywords.pattern, 'u'));
    case 'Int32':
      return fc.integer(boundsOf(keywords, -TOP, TOP - 1));
    case 'Number':
    case 'Double': {
      const { min, max } = boundsOf(keywords, -Number.MAX_VALUE, Number.MAX_VALUE);
      return fc.oneof(fc.double({ min, max, noNaN: true }), fc.integer(boundsOf(keywords, -TOP, TOP - 1)));
    }
    case 'Boolean':
      return fc.boolean();
    case 'Date':
      return instant.map((some) => some.toISOString());
    case 'ObjectId':
      return fc.stringMatching(/^[0-9a-f]{24}$/);
    case 'Object':
      return orderly(fields);
    default:
      return items ? fc.array(orderlyValue(items), lengthsOf(keywords, 0)) : fc.constant([]);
  }
}

/** Nearly a value of the field, or nothing like one. */
function disorderlyValue(field: Field): fc.Arbitrary<unknown> {
  const { type, keywords, fields, items } = field;
  const near = (): fc.Arbitrary<unknown> => {
    switch (type) {
      case 'String':
        return fc.oneof(textOf(keywords.minLength, keywords.maxLength, 3), fc.constantFrom('', ...ids), anyString());
      case 'Int32':
      case 'Number':
      case 'Double':
        return fc.oneof(
          fc.constantFrom(
            ...[keywords.minimum ?? 0, keywords.maximum ?? 0].flatMap((bound) => [
              bound - 1,
              bound,
              bound + 1,
              bound + 0.5,
            ]),
          ),
          fc.constantFrom(
            0,
            -0,
            -1,
            1.5,
            TOP - 1,
            TOP,
            -TOP,
            -TOP - 1,
            2 ** 53,
            1e21,
            5e-324,
            1.7e308,
            -1.7e308,
            0.1 + 0.2,
          ),
          finite,
        );
      case 'Date':
        return fc.constantFrom(...times);
      case 'ObjectId':
        return fc.constantFrom(...ids);
      case 'Object':
        return disorderly(fields);
      case 'Array':
        return items
          ? fc.oneof(
              fc.array(orderlyValue(items), lengthsOf(keywords, 2)),
              fc.array(fc.oneof(orderlyValue(items), disorderlyValue(items)), { minLength: 1, maxLength: 3 }),
            )
          : wild;
      default:
        return wild;
    }
  };
  return fc.oneof({ weight: 3, arbitrary: near() }, wild, fc.constant(null));
}

const boundsOf = ({ minimum, maximum }: Field['keywords'], min: number, max: number) => ({
  min: minimum ?? min,
  max: maximum ?? max,
});

/** @param beyond how far the length may be outside of the bounds */
function textOf(minLength = 0, maxLength = 12, beyond: number): fc.Arbitrary<string> {
  const bounds = { minLength: Math.max(0, maxLength - 2 - beyond), maxLength: maxLength + beyond };
  const atEdge = fc
    .array(characters, { ...bounds, size: 'max' })
    .map((parts) => Array.from(parts.join('')).slice(0, bounds.maxLength).join(''));
  return fc.oneof(anyString({ minLength, maxLength: Math.max(minLength, 12) }), atEdge);
}

const lengthsOf = ({ minItems = 0, maxItems = 3 }: Field['keywords'], beyond: number): fc.ArrayConstraints => ({
  minLength: Math.max(0, minItems - beyond),
  maxLength: maxItems + beyond,
  size: 'max',
});
