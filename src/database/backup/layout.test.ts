import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { stemOf } from '../../testing/mongodump.ts';
import { collectionOf, fileNames, fileStem, isLeftAlone, isStemOf, looksLikeData, parseFileName } from './layout.ts';

const LONG = 'Very long+name%'.repeat(20);

/** The second column is what mongodump 100.x was seen to write. */
test.each([
  ['engines', 'engines'],
  ['a b', 'a+b'],
  ['a+b', 'a%2Bb'],
  ['a%20b', 'a%2520b'],
  ['cafés', 'caf%C3%A9s'],
  ['a/b', 'a%2Fb'],
  ['~t-_.x', '~t-_.x'],
  ["it's (1)!*", 'it%27s+%281%29%21%2A'],
  ['x@y:z=1&2,3;4?', 'x%40y%3Az%3D1%262%2C3%3B4%3F'],
  ['ü'.repeat(70), `${'%C3%BC'.repeat(34)}%C3%%24UUDz1V7pJ3Gtyj6siATH3m8JIk0`],
])('%j is escaped as by mongodump', (collection, stem) => {
  expect(fileStem(collection)).toBe(stem);
  expect(isStemOf(stem, collection)).toBe(true);
});

const anyName = fc.string({ unit: 'binary', minLength: 1, maxLength: 120 }).filter((text) => text.isWellFormed());

test('names go to files as in mongodump, and come back', () => {
  fc.assert(
    fc.property(anyName, fc.boolean(), (collection, gzip) => {
      const stem = fileStem(collection);
      expect(stem).toBe(stemOf(collection));
      expect(Buffer.byteLength(stem)).toBeLessThanOrEqual(238);
      expect(stem).not.toMatch(/[^\w.~%+-]/);
      expect(isStemOf(stem, collection)).toBe(true);
      if (stem.length < 238) expect(collectionOf(stem)).toBe(collection);
      const { data, metadata } = fileNames([collection], gzip)(collection);
      expect(parseFileName(data)).toEqual({ kind: 'data', gzip, stem });
      expect(parseFileName(metadata)).toEqual({ kind: 'metadata', gzip, stem });
    }),
  );
});

test('no two names share files, however much they look like escapes of each other', () => {
  const name = fc.string({ unit: fc.constantFrom(' ', '+', '%', '2', '0', 'B', '5'), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(name, name, (left, right) => {
      expect(fileStem(left) === fileStem(right)).toBe(left === right);
    }),
    { numRuns: 2000 },
  );
});

test('no two names share files where capitals do not count, and each comes back', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'B', '%', '4', '1', ' '), minLength: 1, maxLength: 5 });
  const longName = fc.tuple(name, fc.constantFrom('', 'A'.repeat(100), 'Z'.repeat(300))).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.uniqueArray(longName, { minLength: 1, maxLength: 8 }), (names) => {
      const stems = names.map((one) => parseFileName(fileNames(names, false)(one).data)?.stem ?? '');
      expect(new Set(stems.map((stem) => stem.toLowerCase())).size).toBe(names.length);
      for (const [index, one] of names.entries()) expect(isStemOf(stems[index] ?? '', one)).toBe(true);
    }),
    { numRuns: 1000 },
  );
  expect(fileNames(['engines', 'Engines', 'Stages'], false)('Stages').data).toBe('Stages.bson');
});

describe('the rules of older mongodumps, and of the first backups of this project', () => {
  test.each([
    ['a%20b', 'a b'],
    ['a+b', 'a+b'],
    ['x@y:z=1&2+3~$', 'x@y:z=1&2+3~$'],
    ['a b', 'a b'],
    ['caf%c3%a9s', 'cafés'],
  ])('%j may be of %j', (stem, collection) => {
    expect(isStemOf(stem, collection)).toBe(true);
  });

  test('without a name in the metadata the rule of mongorestore holds', () => {
    expect(collectionOf('a+b')).toBe('a b');
    expect(collectionOf(fileStem(LONG))).toBeUndefined();
  });
});

test.each([
  ['a+b', 'a-b'],
  ['%zz', 'zz'],
  ['%FF', '\ufffd'],
  ['%4', '@'],
  [fileStem(LONG), `${LONG}s`],
  ['Engines', 'engines'],
])('%j is not of %j', (stem, collection) => {
  expect(isStemOf(stem, collection)).toBe(false);
});

test.each(['engines.json', 'bson', '.bson', 'engines.bson.zip', 'manifest.json', 'prelude.json', 'prelude.json.gz'])(
  '%j is no file of a collection',
  (name) => {
    expect(parseFileName(name)).toBeUndefined();
  },
);

test.each([
  ['engines.bson.zip', true],
  ['engines.bson.zst', true],
  ['engines.BSON', true],
  ['engines.bin', true],
  ['checksums.json', false],
  ['bson.txt', false],
])('%j looks like data: %s', (name, expected) => {
  expect(looksLikeData(name)).toBe(expected);
});

test.each([
  ['$admin.system.users', true],
  ['%24admin.system.roles', true],
  ['system.profile', true],
  ['system.js', false],
  ['system.views', false],
  ['users', false],
])('%j is left alone: %s', (stem, expected) => {
  expect(isLeftAlone(stem)).toBe(expected);
});
