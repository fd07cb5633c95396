import type { Document } from 'mongodb';
import { RANKS, TOKENS, searchablePaths, tokenOf, type Field, type Rank, wordsOf } from '../../schema/index.ts';
import { allOf } from './filters.ts';
import type { Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problems.ts';

const MOST_CHARACTERS = 200;
const MOST_WORDS = 10;

/** What a search finds. */
export interface Search {
  /** Filters of all that it finds. */
  clauses: readonly Document[];
  /** The same in disjoint parts, best first, each with its filters. */
  ranks: readonly (readonly Document[])[];
}

/** The parameter `q`, where a model has searchable fields, and the reader of its value. */
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
              `Only where ${paths.join(' and ')} has a word that begins with it, for each word of this (up to ${MOST_WORDS}). ` +
              'Case, accents and width do not count. Without sort the best come first: whole words before beginnings of ' +
              `words, then those where ${paths[0]} begins with the first word, then by id`,
          },
        };
  return {
    parameters,
    /** @throws {Problem} 400 if there is no word in it, or too many */
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
  new Problem(400, 'There is nothing that could be searched for by q.', [{ parameter: 'q', keyword, detail }]);

const { wholeAtStart, whole, prefixAtStart, prefix } = RANKS;

const found = (word: string, ...ranks: Rank[]): Document => {
  const tokens = ranks.map((rank) => tokenOf(rank, word));
  return { [TOKENS]: tokens.length === 1 ? { $eq: tokens[0] } : { $in: tokens } };
};
const anyhow = (word: string) => found(word, wholeAtStart, whole, prefixAtStart, prefix);
const asWhole = (word: string) => found(word, wholeAtStart, whole);

/** A document has one rank for each word, so for one word each part is an equality: in the order of the index, and no more. */
function searchFor([first = '', ...others]: readonly string[]): Search {
  const allWholeAtStart = [found(first, wholeAtStart), ...others.map(asWhole)];
  const allWhole = [found(first, whole), ...others.map(asWhole)];
  const rest = others.map(anyhow);
  const but = (better: readonly Document[]) => ({ $nor: [allOf(better)] });
  return {
    clauses: [anyhow(first), ...rest],
    ranks: [
      allWholeAtStart,
      allWhole,
      ...(others.length === 0
        ? [[found(first, prefixAtStart)], [found(first, prefix)]]
        : [
            [found(first, wholeAtStart, prefixAtStart), ...rest, but(allWholeAtStart)],
            [found(first, whole, prefix), ...rest, but(allWhole)],
          ]),
    ],
  };
}
