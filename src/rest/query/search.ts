import { BSON, type Document } from 'mongodb';
import {
  arrayIn,
  RANKS,
  SEARCH,
  TOKENS,
  searchablePaths,
  tokenOf,
  type Field,
  type Rank,
  wordsOf,
} from '../../schema/index.ts';
import { allOf } from './filters.ts';
import type { Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problems.ts';

const MOST_CHARACTERS = 200;
const MOST_WORDS = 10;

/** A search as filters of the database. */
export interface Search {
  /** The filters of everything that it finds. */
  clauses: readonly Document[];
  ranking: Ranking;
}

/** The order of what a search finds: by its rank, of which 0 is the best. */
export interface Ranking {
  /** All ranks, the best first. */
  ranks: readonly number[];
  /** The filters of the members of these ranks. No member has two. */
  clausesOf: (ranks: readonly number[]) => readonly Document[];
  /** The rank of a member that was found, by its BSON with the search tokens. */
  rankOf: (bson: Buffer) => number;
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
/** How a word matches, by the rank of a search for that word alone. */
const MATCHES = [wholeAtStart, whole, prefixAtStart, prefix] as const;

const found = (word: string, ...matches: Rank[]): Document => {
  const tokens = matches.map((match) => tokenOf(match, word));
  return { [TOKENS]: tokens.length === 1 ? { $eq: tokens[0] } : { $in: tokens } };
};
const asAny = (word: string) => found(word, ...MATCHES);
const asWhole = (word: string) => found(word, wholeAtStart, whole);

/** A document matches each word in one way. */
function searchFor(words: readonly string[]): Search {
  const [first = '', ...otherWords] = words;
  const rest = otherWords.map(asAny);
  const clauses = [asAny(first), ...rest];
  const hasToken = words.map((word) => MATCHES.map((match) => tokenFinder(tokenOf(match, word))));
  const rankOf = (bson: Buffer) => {
    const tokens =
      arrayIn(bson, SEARCH, 'tokens') ?? Buffer.from(BSON.serialize(BSON.deserialize(bson)[SEARCH].tokens));
    const places = hasToken.map((finders) => finders.findIndex((isIn) => isIn(tokens)));
    const isAtStart = places[0] === 0 || places[0] === 2;
    return (places.every((place) => place < 2) ? 0 : 2) + (isAtStart ? 0 : 1);
  };
  const ranks = [0, 1, 2, 3];
  if (otherWords.length === 0) {
    // Of one word, each rank is an equality, and the index has the members of each in order.
    const clausesOf = (some: readonly number[]) => [found(first, ...some.flatMap((rank) => MATCHES[rank] ?? []))];
    return { clauses, ranking: { ranks, clausesOf, rankOf } };
  }
  const allWholeAtStart = [found(first, wholeAtStart), ...otherWords.map(asWhole)];
  const allWhole = [found(first, whole), ...otherWords.map(asWhole)];
  const notIn = (better: readonly Document[]) => ({ $nor: [allOf(better)] });
  const parts = [
    allWholeAtStart,
    allWhole,
    [found(first, wholeAtStart, prefixAtStart), ...rest, notIn(allWholeAtStart)],
    [found(first, whole, prefix), ...rest, notIn(allWhole)],
  ];
  const clausesOf = (some: readonly number[]): readonly Document[] => {
    if (some.length === ranks.length) return clauses;
    const [only = [], ...more] = some.map((rank) => parts[rank] ?? []);
    return more.length === 0 ? only : [{ $or: [only, ...more].map(allOf) }];
  };
  return { clauses, ranking: { ranks, clausesOf, rankOf } };
}

/** Finds a token among the bytes of an array of tokens. Three zeros in a row are only in the length before a token. */
function tokenFinder(token: string): (tokens: Buffer) => boolean {
  const text = Buffer.from(`${token}\0`);
  const length = Buffer.alloc(4);
  length.writeInt32LE(text.length);
  const wanted = Buffer.concat([length, text]);
  return (tokens) => tokens.includes(wanted);
}
