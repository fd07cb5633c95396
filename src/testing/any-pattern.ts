import fc from 'fast-check';

/** Characters on which engines of regular expressions disagree, and some on which they do not. */
const CHARACTERS = Array.from(
  'abZ09_- #,=:&~</"\n\r\t\f\v\u0000\u0085\u00A0\u1680\u2028\u2029\u3000\uFEFFé\u0301ßſKİı漢٣\uFFFD🚀\u{10FFFF}\u200D',
);
const SYNTAX = Array.from('^$\\.*+?()[]{}|/');
const one = fc.constantFrom(...CHARACTERS.filter((character) => character !== '\0'));

const escape = fc.constantFrom(
  ...SYNTAX.map((character) => `\\${character}`),
  ...String.raw`\t \n \r \f \0 \x00 \x1f \x41 \x61 \xa0 \xE9 \xff`.split(' '),
);
const literal = fc.oneof(one, escape);
const inClass = fc.oneof(one, escape, fc.constant('\\-'));
const inRange = one.filter((character) => !SYNTAX.includes(character) && character !== '-');
const range = fc.oneof(
  fc.tuple(inRange, inRange).map((ends) => ends.toSorted((left, right) => codeOf(left) - codeOf(right)).join('-')),
  fc.constantFrom('\\0-\\x1f', '\\t-\\r', '\\x41-Z', ' -\\/', '\\x7f-\\xff', '\\]-a', '\\--9'),
);
const codeOf = (character: string) => character.codePointAt(0) ?? 0;
const characterClass = fc
  .tuple(
    fc.constantFrom('', '^'),
    fc.array(fc.oneof({ weight: 2, arbitrary: inClass }, range), { minLength: 1, maxLength: 4 }),
  )
  .map(([negation, parts]) => `[${negation}${parts.join('')}]`);
const quantifier = fc
  .tuple(fc.constantFrom('*', '+', '?', '{1}', '{2}', '{2,}', '{1,3}', '{0,2}'), fc.constantFrom('', '', '?'))
  .map((parts) => parts.join(''));

const { pattern } = fc.letrec<{ pattern: string; element: string }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: literal },
    { weight: 3, arbitrary: characterClass },
    { weight: 1, arbitrary: fc.constantFrom('^', '$', '[\\s\\S]') },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('(', '(?:'), tie('pattern'), quantifier)
        .map(([open, inner, times]) => `${open}${inner})${times}`),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom('(?=', '(?!'), tie('pattern')).map(([open, inner]) => `${open}${inner})`),
    },
    { weight: 2, arbitrary: fc.tuple(fc.oneof(literal, characterClass), quantifier).map((parts) => parts.join('')) },
  ),
  pattern: fc
    .array(fc.array(tie('element'), { maxLength: 4 }), { minLength: 1, maxLength: 3 })
    .map((alternatives) => alternatives.map((elements) => elements.join('')).join('|')),
}));

/** Regular expressions, most of which mean the same for every database. */
export const anyPattern: fc.Arbitrary<string> = pattern;

/** Texts that such patterns may match. */
export const patternTexts: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...CHARACTERS, ...SYNTAX, 'aa', 'ab', 'a\n', 'ba0', 'e\u0301', '👩‍🚀'), { maxLength: 6 })
  .map((parts) => parts.join(''));
