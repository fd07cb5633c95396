/** An element of an `Accept` header. */
interface MediaRange {
  /** In lower case; it may be a wildcard, for all types or for all subtypes of a type. */
  type: string;
  /** From 0, which excludes the type, to 1. */
  quality: number;
  /** Whether the range has parameters that no representation here has. */
  isOfVariant: boolean;
}

/**
 * The offered media type that an `Accept` header prefers; the first one if the header is empty, undefined if the header
 * accepts none (RFC 9110, section 12.5.1). If several have the same quality, the more precisely named one wins, then the
 * order of the header decides, then the order of the offer.
 *
 * Parameters exclude nothing: `application/json; charset=utf-8` accepts JSON. If several ranges name one type, a range
 * without parameters wins. An element that cannot be read is ignored.
 */
export function preferredType(accept: string, offered: readonly string[]): string | undefined {
  const elements = accept.match(ELEMENTS)?.filter((element) => element.trim() !== '') ?? [];
  if (elements.length === 0) return offered[0];
  const ranges = elements.flatMap(readRange);
  const judged = offered.map((type) => ({ type, ...judge(type, ranges) })).filter(({ quality }) => quality > 0);
  const [best] = judged.toSorted(
    (one, other) =>
      other.quality - one.quality ||
      // Between types, parameters do not count.
      Math.min(other.precision, NAMED) - Math.min(one.precision, NAMED) ||
      one.place - other.place,
  );
  return best?.type;
}

/** The quality and precision of a type, by the most precise range that matches it. */
function judge(type: string, ranges: readonly MediaRange[]) {
  let found = { quality: 0, precision: 0, place: 0 };
  for (const [place, range] of ranges.entries()) {
    const precision = precisionFor(type, range);
    const isBetter = precision - found.precision || range.quality - found.quality;
    if (precision > 0 && isBetter > 0) found = { quality: range.quality, precision, place };
  }
  return found;
}

/** The precision of a range without a wildcard. */
const NAMED = 3;

/** How precisely a range names a type; 0 if it does not match. */
function precisionFor(offered: string, { type, quality, isOfVariant }: MediaRange): number {
  // This refuses only that variant.
  if (isOfVariant && quality === 0) return 0;
  if (type === offered) return isOfVariant ? NAMED : NAMED + 1;
  if (type === `${offered.split('/', 1).join('')}/*`) return 2;
  return type === '*/*' ? 1 : 0;
}

const TOKEN = "[\\w!#$%&'+.^`|~-]+";
/** `*` alone is not a media range, but Java's URLConnection sends it. */
const RANGE = new RegExp(`^(?:\\*(?:/\\*)?|${TOKEN}/(?:\\*|${TOKEN}))$`);
/** A quote that is not closed extends to the end, so that no text takes long to match. */
const QUOTED = String.raw`"(?:[^"\\]|\\[^]?)*(?:"|$)`;
const ELEMENTS = new RegExp(`(?:[^",]|${QUOTED})+`, 'g');
const PARTS = new RegExp(`(?:[^";]|${QUOTED})+`, 'g');

function readRange(element: string): MediaRange[] {
  const [type = '', ...parameters] = (element.match(PARTS) ?? []).map((part) => part.trim().toLowerCase());
  const weight = parameters.findIndex((parameter) => /^q\s*=/.test(parameter));
  const quality = weight === -1 ? 1 : Number(WEIGHT.exec(parameters[weight] ?? '')?.[1]);
  if (!RANGE.test(type) || Number.isNaN(quality)) return [];
  // Parameters after the weight are extensions, not parameters of the type.
  const ofType = weight === -1 ? parameters : parameters.slice(0, weight);
  const isOfVariant = ofType.some((parameter) => !PRESENT.test(parameter));
  return [{ type: type === '*' ? '*/*' : type, quality: Math.min(quality, 1), isOfVariant }];
}

/** This accepts more than the grammar does, because Java's URLConnection sends `.2`. */
const WEIGHT = /^q\s*=\s*"?(\d+\.?\d*|\.\d+)"?$/;
/** All answers are UTF-8; an empty parameter means nothing (RFC 9110, section 5.6.6). */
const PRESENT = /^(?:charset\s*=\s*"?utf-8"?)?$/;
