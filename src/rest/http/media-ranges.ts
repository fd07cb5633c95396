/** An element of an `Accept` header. */
interface MediaRange {
  /** In lower case; it may end in a wildcard, or be nothing else. */
  type: string;
  /** From 0, which excludes, to 1. */
  quality: number;
  /** Whether it has parameters that no representation here has. */
  isOfVariant: boolean;
}

/**
 * The media type that an `Accept` header likes best of those that are offered; the first one if it says nothing, undefined
 * if it accepts none (RFC 9110, section 12.5.1). Of equal ones the more precisely named counts more, then the order of the
 * header, then that of the offer.
 *
 * Parameters exclude nothing: whoever asks for `application/json; charset=utf-8` gets JSON. Of several ranges that name one
 * type, one without parameters counts more, since it is what is offered. An element that cannot be read is ignored.
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

/** What the most precise of the ranges that match a type says of it. */
function judge(type: string, ranges: readonly MediaRange[]) {
  let found = { quality: 0, precision: 0, place: 0 };
  for (const [place, range] of ranges.entries()) {
    const precision = precisionFor(type, range);
    const isBetter = precision - found.precision || range.quality - found.quality;
    if (precision > 0 && isBetter > 0) found = { quality: range.quality, precision, place };
  }
  return found;
}

/** How precisely a range names a type that it names without a wildcard. */
const NAMED = 3;

/** How precisely a range names a type; 0 if it does not match. */
function precisionFor(offered: string, { type, quality, isOfVariant }: MediaRange): number {
  // Only that variant is refused.
  if (isOfVariant && quality === 0) return 0;
  if (type === offered) return isOfVariant ? NAMED : NAMED + 1;
  if (type === `${offered.split('/', 1).join('')}/*`) return 2;
  return type === '*/*' ? 1 : 0;
}

const TOKEN = "[\\w!#$%&'+.^`|~-]+";
/** `*` alone is no media range, but Java's URLConnection sends it. */
const RANGE = new RegExp(`^(?:\\*(?:/\\*)?|${TOKEN}/(?:\\*|${TOKEN}))$`);
/** Quotes that are not closed go to the end, so that no text takes long to read. */
const QUOTED = String.raw`"(?:[^"\\]|\\[^]?)*(?:"|$)`;
const ELEMENTS = new RegExp(`(?:[^",]|${QUOTED})+`, 'g');
const PARTS = new RegExp(`(?:[^";]|${QUOTED})+`, 'g');

function readRange(element: string): MediaRange[] {
  const [type = '', ...parameters] = (element.match(PARTS) ?? []).map((part) => part.trim().toLowerCase());
  const weight = parameters.findIndex((parameter) => /^q\s*=/.test(parameter));
  const quality = weight === -1 ? 1 : Number(WEIGHT.exec(parameters[weight] ?? '')?.[1]);
  if (!RANGE.test(type) || Number.isNaN(quality)) return [];
  // What stands behind the weight is an extension, and says nothing of the type.
  const own = weight === -1 ? parameters : parameters.slice(0, weight);
  const isOfVariant = own.some((parameter) => !PRESENT.test(parameter));
  return [{ type: type === '*' ? '*/*' : type, quality: Math.min(quality, 1), isOfVariant }];
}

/** Read more freely than it may be written: Java's URLConnection sends `.2`. */
const WEIGHT = /^q\s*=\s*"?(\d+\.?\d*|\.\d+)"?$/;
/** All that is answered is UTF-8; an empty parameter is none (RFC 9110, section 5.6.6). */
const PRESENT = /^(?:charset\s*=\s*"?utf-8"?)?$/;
