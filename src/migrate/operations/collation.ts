import type { Document } from 'mongodb';

/** The server's defaults for the options of a collation; see "Collation Default Parameters" in MongoDB's manual. */
const DEFAULTS: Document = {
  caseLevel: false,
  caseFirst: 'off',
  strength: 3,
  numericOrdering: false,
  alternate: 'non-ignorable',
  maxVariable: 'punct',
  normalization: false,
  backwards: false,
};

/** Locales with defaults of their own, by the option. */
const OF_LOCALE: Readonly<Record<string, RegExp>> = {
  caseFirst: /^(da|mt)/,
  alternate: /^th/,
  normalization: /./,
  backwards: /^fr_CA/,
};

/**
 * A collation with the server's defaults for the options that it lacks, so that it can be compared with another one,
 * which the server may have completed already; `undefined` for the simple collation, which means none.
 */
export function wholeCollation(own: unknown, other: unknown): Document | undefined {
  const { locale = 'simple', version: _version, ...given } = Object(own);
  if (locale === 'simple') return undefined;
  const defaults = Object.entries(DEFAULTS).map(([option, value]) => {
    const isOfLocale = OF_LOCALE[option]?.test(locale) === true;
    return [option, isOfLocale ? (Object(other)[option] ?? value) : value];
  });
  return { locale, ...Object.fromEntries(defaults), ...given };
}
