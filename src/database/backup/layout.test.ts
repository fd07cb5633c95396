import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { fileNames, fileStem, parseFileName } from './layout.ts';

test.each([
  ['engines', 'engines'],
  ['cafés', 'caf%C3%A9s'],
  ['a/b c%d', 'a%2Fb%20c%25d'],
  ["it's (1)!*", 'it%27s%20%281%29%21%2A'],
  ['x@y:z=1&2+3~$', 'x@y:z=1&2+3~$'],
  ['one;two,three?', 'one%3Btwo%2Cthree%3F'],
])('%j is escaped as by mongodump', (collection, stem) => {
  expect(fileStem(collection)).toBe(stem);
});

test('a long name is cut as by mongodump', () => {
  const name = `${'aVery'.slice(0, 1)}${'Very'.repeat(43)}LongCollectionNameConsistingOfExactlyTwoHundredAndFortySixCharacters`;
  const stem = fileStem(name);
  expect(stem).toHaveLength(238);
  expect(stem).toMatch(/^aVeryVery.*%24[\w-]{27}$/);
  expect(parseFileName(`${stem}.bson`)).toMatchObject({ collection: undefined, stem });
});

test('a name comes back from its files', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => encodeURIComponent(text).length < 200);
  fc.assert(
    fc.property(name, fc.boolean(), (collection, gzip) => {
      const { data, metadata } = fileNames(collection, gzip);
      expect(data).not.toContain('/');
      expect(parseFileName(data)).toMatchObject({ kind: 'data', gzip, collection });
      expect(parseFileName(metadata)).toMatchObject({ kind: 'metadata', gzip, collection });
    }),
  );
});

test.each(['engines.json', 'bson', '.bson', 'engines.bson.zip', '%zz.bson', 'manifest.json'])(
  '%j is no file of mongodump',
  (name) => {
    expect(parseFileName(name)).toBeUndefined();
  },
);
