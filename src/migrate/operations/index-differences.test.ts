import { describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { indexDifferences } from './index-differences.ts';

const index = (options: Document = {}): Document => ({ name: 'i', key: { a: 1, b: 1 }, ...options });

/** As MongoDB lists a collation. */
const listed = (collation: Document) => ({
  collation: {
    caseLevel: false,
    caseFirst: 'off',
    strength: 3,
    numericOrdering: false,
    alternate: 'non-ignorable',
    maxVariable: 'punct',
    normalization: false,
    backwards: false,
    version: '57.1',
    ...collation,
  },
});
const asked = (collation: Document) => ({ collation });

describe('indexes', () => {
  test.each<[what: string, live: Document, wanted: Document, inherited?: Document]>([
    ['what the server adds', index({ v: 2, ns: 'x.y', background: true }), index()],
    ['options that are off', index({ unique: false, sparse: false, hidden: false, wildcardProjection: null }), index()],
    [
      'the defaults of a collation',
      index(listed({ locale: 'de', strength: 2 })),
      index(asked({ locale: 'de', strength: 2 })),
    ],
    ['defaults of a locale', index(listed({ locale: 'fr_CA', backwards: true })), index(asked({ locale: 'fr_CA' }))],
    ['the comparison of bytes', index(asked({ locale: 'simple' })), index()],
    ['the collation of the collection', index(listed({ locale: 'de' })), index(), { locale: 'de' }],
    [
      'the order of a condition',
      index({ partialFilterExpression: { x: 1, y: 2 } }),
      index({ partialFilterExpression: { y: 2, x: 1 } }),
    ],
    [
      'texts as they are listed',
      {
        key: { a: 1, _fts: 'text', _ftsx: 1 },
        weights: { t: 1, u: 5 },
        default_language: 'english',
        language_override: 'language',
        textIndexVersion: 3,
      },
      { key: { a: 1, t: 'text', u: 'text' }, weights: { u: 5 } },
    ],
    ['the version of a sphere', { key: { a: '2dsphere' }, '2dsphereIndexVersion': 3 }, { key: { a: '2dsphere' } }],
  ])('mean the same, whatever is said of %s', (_what, live, wanted, inherited = {}) => {
    expect(indexDifferences(live, wanted, inherited)).toEqual([]);
    expect(indexDifferences(wanted, live, inherited)).toEqual([]);
  });

  test.each<[Document, Document, string]>([
    [{}, { unique: true }, 'unique true instead of none'],
    [{ sparse: true }, {}, 'sparse none instead of true'],
    [{ expireAfterSeconds: 5 }, { expireAfterSeconds: 0 }, 'expireAfterSeconds 0 instead of 5'],
    [{}, { hidden: true }, 'hidden true instead of none'],
    [{ key: { b: 1, a: 1 } }, {}, 'key {"a":1,"b":1} instead of {"b":1,"a":1}'],
    [{ key: { a: 1, b: -1 } }, {}, 'key {"a":1,"b":1} instead of {"a":1,"b":-1}'],
    [{ partialFilterExpression: { x: 1 } }, {}, 'partialFilterExpression none instead of {"x":1}'],
  ])('differ: %j and %j', (before, after, difference) => {
    expect(indexDifferences(index(before), index(after))).toEqual([difference]);
  });

  test.each([
    ['caseLevel', true],
    ['caseFirst', 'upper'],
    ['strength', 1],
    ['numericOrdering', true],
    ['alternate', 'shifted'],
    ['maxVariable', 'space'],
    ['backwards', true],
    ['locale', 'sv'],
  ])('differ where the %s of their collation does', (option, value) => {
    const live = index(listed({ locale: 'de', [option]: value }));
    expect(indexDifferences(live, index(asked({ locale: 'de' })))).toEqual([
      expect.stringMatching(new RegExp(`^collation .*"de".* instead of .*"${option}":"?${value}`)),
    ]);
    expect(indexDifferences(live, index())).toHaveLength(1);
  });
});
