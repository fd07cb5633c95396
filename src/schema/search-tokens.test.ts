import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as migration from '../../migrations/20261122200000-add_search.ts';
import { anyString } from '../testing/any-string.ts';
import { tokensOf, wordsOf } from './search-tokens.ts';

/** A seed that a failure names, so that it can be repeated. */
const SEED = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);

/** Texts with much in them that words are made of, joined by and folded away. */
const text = fc.oneof(
  anyString({ maxLength: 300 }),
  fc
    .array(
      fc.constantFrom('a', 'B', 'ß', 'Σ', 'é', 'e\u0301', '1', '２', '-', '.', "'", ' ', '🚀', '\u{1D400}', '한', 'ﷺ'),
      {
        maxLength: 300,
        size: 'max',
      },
    )
    .map((parts) => parts.join('')),
);

describe('the words of a text', () => {
  test.each([
    ['Merlin 1D Vacuum', 'merlin 1d vacuum'],
    ['RS-25', 'rs 25'],
    ['Mérlin MÉRLIN Me\u0301rlin', 'merlin'],
    ['Ｍｅｒｌｉｎ　１Ｄ', 'merlin 1d'],
    ['STRASSE Straße ẞ', 'strasse ss'],
    ['ΟΔΟΣ οδος', 'οδοσ'],
    ['ﬁ № ² Ⅷ', 'fi no 2 viii'],
    ['mer\u00ADlin\u200B', 'merlin'],
    ['İI', 'ii'],
    ['Двигатель РД-180', 'двигатель рд 180'],
    ['\u{1D400}\u{10400}\u{10428}', 'a\u{10428}\u{10428}'],
    ['🚀 --- ... \u0301 \uD800', ''],
    ['x'.repeat(40), 'x'.repeat(32)],
    ['\u{20000}'.repeat(40), '\u{20000}'.repeat(32)],
  ])('%s: %s', (text, words) => {
    expect(wordsOf(text).join(' ')).toBe(words);
  });

  test(`are the same if they are taken again, in upper case or without composed letters (seed ${SEED})`, () => {
    fc.assert(
      fc.property(text, (text) => {
        const words = wordsOf(text);
        expect(wordsOf(words.join(' '))).toEqual(words);
        expect(wordsOf(text.normalize('NFD'))).toEqual(words);
        expect(wordsOf(text.normalize('NFC'))).toEqual(words);
      }),
      { seed: SEED },
    );
  });
});

describe('the tokens of texts', () => {
  test.each([
    [['J-2'], '1:j 2:2 1:j2'],
    [['RS 2'], '3:r 1:rs 2:2'],
    [['RS-2'], '3:r 1:rs 2:2 1:rs2'],
    [['ab ba', 'ac'], '3:a 1:ab 4:b 2:ba 2:ac'],
    [['', 'ab'], '4:a 2:ab'],
    [['ab a'], '2:a 1:ab'],
    [['a.b-c'], '1:a 2:b 2:c 3:ab 1:abc'],
    [['a - b'], '1:a 2:b'],
    [['🚀'], ''],
    [[], ''],
  ])('%j: %s', (texts, tokens) => {
    expect(tokensOf(texts).join(' ')).toBe(tokens);
  });

  test(`hold each prefix of each word once, and the whole words by themselves (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3 }), (texts) => {
        const tokens = tokensOf(texts);
        const prefixes = tokens.map((token) => token.slice(2));
        expect(new Set(prefixes).size).toBe(prefixes.length);
        for (const word of texts.flatMap(wordsOf).slice(0, 20)) {
          const points = Array.from(word);
          for (const length of points.keys()) expect(prefixes).toContain(points.slice(0, length + 1).join(''));
          expect(tokens.some((token) => token === `1:${word}` || token === `2:${word}`)).toBe(true);
        }
        expect(tokens.length).toBeLessThanOrEqual(texts.length * 128 * 32);
      }),
      { seed: SEED },
    );
  });

  test(`are those that the migration fills in (seed ${SEED})`, () => {
    fc.assert(
      fc.property(text, (title) => {
        expect(migration.tokensOf(title)).toEqual(tokensOf([title]));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
