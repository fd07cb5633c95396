import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * What is put into every place of a request.
 * @typedef {{ text: string, json: string }} Payload `json` is how it stands in a JSON body: a text in quotes, or any value
 */

const naughty = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('big-list-of-naughty-strings/blns.json'), 'utf8'),
);

const MEMBERS = [
  '__proto__',
  '__proto__[polluted]',
  '__proto__.polluted',
  'constructor',
  'constructor[prototype][polluted]',
  'constructor.prototype.polluted',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'toJSON',
  'then',
  '_id',
  '__v',
  '_search',
  '_outbox',
  '$where',
  '$ne',
  '$expr',
  '$set',
  '$[]',
  'title.$ne',
  'title[$ne]',
  'title[]',
  'title[0]',
  'title[title][gt]',
  '-title,title',
  '__proto__/polluted',
];

const PATHS = [
  '..',
  '../../etc/hosts',
  '..%2f..%2fetc%2fhosts',
  '%2e%2e/%2e%2e/etc/hosts',
  '%252e%252e%252f',
  '..\\..\\hosts',
  '%5c..%5c',
  './.',
  '//',
  '///engines//',
  '//localhost/engines',
  '%00',
  'a%00.json',
  '%',
  '%zz',
  '%c0%ae%c0%ae',
  '%ff%fe',
  '%ed%a0%80',
  ';a=b',
  'engines;id=1',
  '?#',
  '#engines',
  '*',
  '000000000000000000000000',
  'ffffffffffffffffffffffff',
  'FFFFFFFFFFFFFFFFFFFFFFFF',
];

/** The lengths lie on both sides of the server's bounds for a title, a query, a target and a header. */
const LONG = [128, 129, 3000, 7900, 9000, 17_000].flatMap((length) => [
  'x'.repeat(length),
  '%F0%9F%9A%80'.repeat(length / 12),
]);

const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1e400',
  '1e-400',
  '9007199254740993',
  '2147483648',
  '0x10',
  'NaN',
  'Infinity',
  '1'.repeat(400),
];

const TIMES = [
  '0000-00-00',
  '9999-12-31T23:59:59.999Z',
  '+275760-09-13T00:00:00Z',
  '2026-02-30T00:00:00Z',
  'Thu, 32 Jan 2026 00:00:00 GMT',
];

const HEADERS = [
  '"',
  '""',
  'W/""',
  '"a", "b',
  '*',
  '*, "a"',
  '"a'.repeat(500),
  ',,,,',
  '*/*;q=2',
  'application/json;'.repeat(90),
  'return=minimal, return=representation',
  'count=;',
  'bytes=0-',
  'Bearer',
  `Bearer eng_${'0'.repeat(12)}_${'0'.repeat(38)}`,
  'Bearer eyJhbGciOiJub25lIn0.e30.',
  '100-continue, x',
];

/** Operators of MongoDB, and members that would change every object of the program. */
const VALUES = [
  '{"$ne":null}',
  '{"$gt":""}',
  '{"$gte":-1,"$lt":99}',
  '{"$in":[[]]}',
  '{"$not":{"$eq":1}}',
  '{"$regex":"^(a+)+$","$options":"i"}',
  '{"$where":"sleep(9000)"}',
  '{"$expr":{"$function":{"body":"return true","args":[],"lang":"js"}}}',
  '{"$or":[{},{"title":{"$exists":true}}]}',
  '{"$text":{"$search":"a"}}',
  '{"$oid":"000000000000000000000000"}',
  '{"$date":"2026-01-01T00:00:00Z"}',
  '{"$numberDecimal":"NaN"}',
  '{"$ref":"engines","$id":1,"$db":"admin"}',
  '{"$set":{"thrust":-1},"$unset":{"title":1}}',
  '[{"$set":{"thrust":-1}}]',
  '{"title":{"$ne":"a"},"thrust":{"$gt":-1}}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"title":"a","__proto__":{"polluted":true}}',
  '{"title":"a","title":{"$ne":1}}',
  '{"toString":1,"valueOf":null,"hasOwnProperty":[]}',
  '{"toJSON":"a","then":"b","length":-1}',
  '{"_bsontype":"ObjectId","id":"a"}',
  '{"":{"":""}}',
  '[[[[[[]]]]]]',
  '[null,true,{},[],"",0]',
  'null',
  'true',
  '1e400',
  '1e-400',
  '-0',
  '9007199254740993',
  '"\\ud800"',
  '"\\u0000"',
  '{"a":'.repeat(40) + '1' + '}'.repeat(40),
  '['.repeat(5000),
  `[${'0,'.repeat(5000)}0]`,
  `{${Array.from({ length: 2000 }, (_, index) => `"k${index}":0`).join()}}`,
  `"${'x'.repeat(110_000)}"`,
  '{"a":1',
  "{'a':1}",
  '\ufeff{}',
  '',
];

const texts = [...naughty, ...MEMBERS, ...PATHS, ...LONG, ...NUMBERS, ...TIMES, ...HEADERS];

/** @type {Payload[]} */
export const PAYLOADS = [
  ...[...new Set(texts)].map((text) => ({ text, json: JSON.stringify(text) })),
  ...VALUES.map((json) => ({ text: json, json })),
];
