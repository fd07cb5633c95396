/** How a word of a query matches a text, the best first. A token begins with this number. */
export const RANKS = {
  /** The query's word is the first word of the first text. */
  wholeAtStart: 1,
  whole: 2,
  /** The first word of the first text begins with the query's word. */
  prefixAtStart: 3,
  prefix: 4,
} as const;

export type Rank = (typeof RANKS)[keyof typeof RANKS];

/** Words with the same first code points, up to this number, count as the same. */
const MOST_POINTS = 32;
/** Words of a text after this number are not found. */
const MOST_WORDS = 128;

const WORD = /[\p{L}\p{N}]+/gu;
/** Words that one hyphen, underscore, full stop or apostrophe joins: "RS-25", "S5.98M". */
const COMPOUND = /[\p{L}\p{N}]+(?:[\p{Pd}\p{Pc}.'’][\p{L}\p{N}]+)*/gu;

const ASCII = /^[ -~]*$/;

/** The form in which words are compared: without marks, width, case and invisible characters (Unicode, UAX #15 and #44). */
function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase(); // the same result, but much faster
  const bare = text.normalize('NFKD').replaceAll(/[\p{M}\p{DI}]/gu, '');
  // In upper case ß is SS, and the two small sigmas are one.
  return bare.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}

const cut = (word: string) => Array.from(word).slice(0, MOST_POINTS).join('');

/** The words of a query, each once: runs of letters and digits. */
export const wordsOf = (text: string): string[] => [...new Set((fold(text).match(WORD) ?? []).map(cut))];

/** The token by which a word is found. */
export const tokenOf = (rank: Rank, word: string): string => `${rank}:${word}`;

/**
 * The tokens of a document's texts: one for each prefix of each word, with the best rank that it has there.
 * So a word of a query is found by equality, and the documents of each rank are disjoint.
 */
export function tokensOf(texts: readonly string[]): string[] {
  const ranks = new Map<string, Rank>();
  for (const [place, text] of texts.entries())
    for (const { word, isFirst } of indexed(text)) {
      const isAtStart = isFirst && place === 0;
      let prefix = '';
      for (const point of word) {
        prefix += point;
        const rank = rankOf(prefix === word, isAtStart);
        if (rank < (ranks.get(prefix) ?? Infinity)) ranks.set(prefix, rank);
      }
    }
  return Array.from(ranks, ([prefix, rank]) => tokenOf(rank, prefix));
}

function rankOf(isWhole: boolean, isAtStart: boolean): Rank {
  if (isWhole) return isAtStart ? RANKS.wholeAtStart : RANKS.whole;
  return isAtStart ? RANKS.prefixAtStart : RANKS.prefix;
}

/** The words of a text, and the words made by joining compounds: "RS-25" is also found as "rs25". */
function indexed(text: string): { word: string; isFirst: boolean }[] {
  const compounds = fold(text).match(COMPOUND) ?? [];
  return compounds
    .flatMap((compound, place) => {
      const words = compound.match(WORD) ?? [];
      const joined = words.length > 1 ? [words.join('')] : [];
      return [...words, ...joined].map((word, part) => ({
        word: cut(word),
        isFirst: place === 0 && (part === 0 || part === words.length),
      }));
    })
    .slice(0, MOST_WORDS);
}
