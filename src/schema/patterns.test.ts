import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Schema } from 'mongoose';
import supertest from 'supertest';
import { testServer } from '../testing.ts';
import { anyPattern, patternTexts } from '../testing/any-pattern.ts';
import { testDatabase } from '../testing/database.ts';
import { compile } from './ajv.ts';
import { keywords } from './fields.ts';
import { databasePattern, patternFlaw } from './patterns.ts';
import { patternSample } from './pattern-sample.ts';

const { db } = await testDatabase();

/** Shorter than any that MongoDB gives up on. */
const maxLength = 50;
const accepted = anyPattern.filter((pattern) => patternFlaw(pattern, maxLength) === undefined);

describe('the API and the database give the same verdict', () => {
  test('on every text, whatever the pattern', async () => {
    const texts = db.collection<{ text: string }>('texts');
    let [matched, unmatched] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        accepted,
        fc.uniqueArray(patternTexts, { minLength: 40, maxLength: 40 }),
        async (pattern, some) => {
          const given = [...new Set([...some, patternSample(pattern, 1), `${patternSample(pattern, 2)}\n`])];
          await texts.deleteMany({});
          await texts.insertMany(given.map((text) => ({ text })));
          const rule = { properties: { text: { pattern: databasePattern(pattern) } } };
          const found = new Set(await texts.distinct('text', { $jsonSchema: rule }));
          const accepts = compile({ type: 'string', pattern });
          expect(given.filter((text) => found.has(text))).toEqual(given.filter((text) => accepts(text)));
          matched += found.size;
          unmatched += given.length - found.size;
        },
      ),
      { numRuns: 150 },
    );
    expect(Math.min(matched, unmatched)).toBeGreaterThan(500);
  });

  const TEXTS = ['', 'ab', 'ab\n', '\nab', 'AB', 'a b', 'a\u00a0b', '٣', '3', 'é', '🚀', '🚀🚀', '\u2028', '\0', 'aab'];
  test.each<[string, string[]]>([
    ['^ab$', ['ab']],
    ['^(?:ab|)$', ['', 'ab']],
    ['b$', ['ab', '\nab', 'a b', 'a\u00a0b', 'aab']],
    ['^[^\\n]+$', TEXTS.filter((text) => text !== '' && !text.includes('\n'))],
    ['^[\\s\\S]$', ['٣', '3', 'é', '🚀', '\u2028', '\0']],
    ['^[^a]$', ['٣', '3', 'é', '🚀', '\u2028', '\0']],
    ['^🚀{2}$', ['🚀🚀']],
    ['^[🙂-🚀]$', ['🚀']],
    ['^[0-9]$', ['3']],
    ['^\\xe9$', ['é']],
    ['^\\0$', ['\0']],
    ['^(?=[^\\n]*b)a{2}', ['aab']],
    ['^(?!a)[a-z]|^$', ['']],
    ['[ \\t\\n]', ['ab\n', '\nab', 'a b']],
  ])('on the pattern %s', async (pattern, matching) => {
    const rule = { title: { type: String, validate: keywords({ pattern, maxLength }), example: matching[0] } };
    const schema = new Schema(rule, { collection: 'patterned', strict: 'throw' });
    const server = await testServer({
      resources: [{ model: (on) => on.model('Patterned', schema), path: '/patterned', description: '' }],
    });
    const Patterned = server.connection.model('Patterned');
    const judges: Record<string, (title: string) => Promise<boolean>> = {
      API: async (title) => (await supertest(server.url).post('/patterned').send({ title })).status === 201,
      database: (title) => isDone(server.db.collection('patterned').insertOne({ title })),
      Mongoose: (title) => isDone(new Patterned({ title }).validate()),
    };
    for (const [name, judge] of Object.entries(judges)) {
      const verdicts = await Promise.all(TEXTS.map(judge));
      expect([name, TEXTS.filter((_, place) => verdicts[place])]).toEqual([name, matching]);
    }
  });
});

const isDone = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  );

test.each<[pattern: string, instead: string]>([
  ['^\\p{L}+$', '[A-Za-zÀ-ɏ]'],
  ['\\P{Lu}', 'ranges of characters'],
  ['^[\\p{L} ]$', 'ranges of characters'],
  ['^\\u00e9$', '\\xe9'],
  ['\\u{1F680}', '"\\u{1f680}", with one backslash'],
  ['\\u2028', '"\\u2028", with one backslash'],
  ['[\\u00a0-\\u00ff]', '\\xa0'],
  ['\\s', '[ \\t\\n\\r]'],
  ['[^\\s]', 'the blanks that are meant'],
  ['\\d{4}', '[0-9]'],
  ['[\\dA-F]', 'write 0-9'],
  ['\\D', '[^0-9]'],
  ['\\w+', '[A-Za-z0-9_]'],
  ['\\W', '[^A-Za-z0-9_]'],
  ['[\\w-]', 'write A-Za-z0-9_'],
  ['a.b', '[^\\n]'],
  ['\\bcat\\b', 'which characters may stand there'],
  ['\\Bcat', 'which characters may stand there'],
  ['(?<=a)b', '(?=…)'],
  ['(?<!a)b', '(?=…)'],
  ['(a)\\1', 'write out'],
  ['(?<name>a)', '(?:…)'],
  ['\\v', '\\x0b'],
  ['\\cJ', '\\x0a'],
  ['[\\b]', '\\x08'],
  ['[]', '(?!)'],
  ['[^]', '[\\s\\S]'],
  ['[[:alpha:]', '\\['],
  ['[:a:]', 'once'],
  ['[+--]', 'once'],
  ['a{0}', 'leave it out'],
  ['a{65536}', 'leave the greatest number out'],
  ['(?:abc){20000}', 'smaller ones'],
  ['\0', '\\x00'],
  ['(a', 'Unterminated group'],
  ['a{2,1}', 'numbers out of order'],
  ['\\a', 'Invalid escape'],
  ['a}', 'Lone quantifier brackets'],
  ['a'.repeat(1001), 'more than 1000 characters'],
  [`${'(?:'.repeat(51)}${')'.repeat(51)}`, 'write fewer'],
  ['\ud83d', 'whole character'],
  ['(?:ab)*', 'maxLength of at most 1950'],
  ['^[a-z]+(?:-[a-z]+)*$', 'maxLength of at most 975'],
  ['(a+)+', 'the next character always decides'],
  ['(?:a|aa)*', 'the next character always decides'],
  ['(?:a?)*', 'the next character always decides'],
  ['^(?:[a-z]+ ?)+$', 'the next character always decides'],
  ['(?=(?:a|a)*b)', 'the next character always decides'],
])('a pattern that not all obey alike is refused, and told what to write instead: %j', (pattern, instead) => {
  expect(patternFlaw(pattern)).toContain(instead);
});

test.each([
  '^[A-Z]{2}-[0-9]{1,6}$',
  '^[^@ ]+@[^@ ]+\\.[^@ ]+$',
  '^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$',
  '^(?:25[0-5]|1?[0-9]?[0-9])(?:\\.(?:25[0-5]|1?[0-9]?[0-9])){3}$',
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  '^https?:\\/\\/[^ \\n]+$',
])('usual ones are accepted: %s', (pattern) => {
  expect(patternFlaw(pattern)).toBeUndefined();
});

test.each(['^[a-z0-9]+(?:-[a-z0-9]+)*$', '^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$', '^(?:[^\\n]|\\n)*$'])(
  'with a maxLength, groups may be repeated: %s',
  (pattern) => {
    expect([patternFlaw(pattern), patternFlaw(pattern, 253)]).toEqual([expect.any(String), undefined]);
  },
);
