import type { Document } from 'mongodb';
import { RANKS, TOKENS, searchablePaths, tokenOf, type Field, type Rank, wordsOf } from '../../schema/index.ts';
import { allOf } from './filters.ts';
import type { Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problems.ts';

const MOST_CHARACTERS = 200;
const MOST_WORDS = 10;

/** A search as filters of the database. */
export interface Search {
  /** The filters of everything that it finds. */
  clauses: readonly Document[];
  /** The filters of disjoint parts of that, the best part first. */
  ranks: readonly (readonly Document[])[];
}

/** The parameter `q`, if the model has searchable fields, and the reader of its value. */
export function compileSearch(fields: readonly Field[]) {
  const paths = searchablePaths(fields);
  const parameters: Parameters =
    paths.length === 0
      ? {}
      : {
          q: {
            type: 'string',
            minLength: 1,
            maxLength: MOST_CHARACTERS,
            description:
              `Searches ${paths.join(' and ')} for up to ${MOST_WORDS} words. A member must have, for each of them, a word that ` +
              'begins with it. Upper and lower case, accents and width do not matter. Without sort the best matches come ' +
              `first: whole words before beginnings of words, then members whose ${paths[0]} begins with the first word, then by id`,
          },
        };
  return {
    parameters,
    /** @throws {Problem} 400 if `q` has no words, or too many */
    read: (q: unknown): Search | undefined => (typeof q === 'string' ? searchFor(readWords(q)) : undefined),
  };
}

function readWords(q: string): string[] {
  const words = wordsOf(q);
  if (words.length === 0) throw unusable('minItems', 'must have a word in it: a run of letters or digits');
  if (words.length > MOST_WORDS) throw unusable('maxItems', `must not have more than ${MOST_WORDS} different words`);
  return words;
}

const unusable = (keyword: string, detail: string) =>
  new Problem(400, 'The parameter q cannot be used for a search.', [{ parameter: 'q', keyword, detail }]);

const { wholeAtStart, whole, prefixAtStart, prefix } = RANKS;

const found = (word: string, ...ranks: Rank[]): Document => {
  const tokens = ranks.map((rank) => tokenOf(rank, word));
  return { [TOKENS]: tokens.length === 1 ? { $eq: tokens[0] } : { $in: tokens } };
};
const asAny = (word: string) => found(word, wholeAtStart, whole, prefixAtStart, prefix);
const asWhole = (word: string) => found(word, wholeAtStart, whole);

/**
 * A document has one rank for each word. So for a search of one word, each part is an equality, which the index answers in
 * order.
 */
function searchFor([first = '', ...otherWords]: readonly string[]): Search {
  const allWholeAtStart = [found(first, wholeAtStart), ...otherWords.map(asWhole)];
  const allWhole = [found(first, whole), ...otherWords.map(asWhole)];
  const rest = otherWords.map(asAny);
  const notIn = (better: readonly Document[]) => ({ $nor: [allOf(better)] });
  return {
    clauses: [asAny(first), ...rest],
    ranks: [
      allWholeAtStart,
      allWhole,
      ...(otherWords.length === 0
        ? [[found(first, prefixAtStart)], [found(first, prefix)]]
        : [
            [found(first, wholeAtStart, prefixAtStart), ...rest, notIn(allWholeAtStart)],
            [found(first, whole, prefix), ...rest, notIn(allWhole)],
          ]),
    ],
  };
}
