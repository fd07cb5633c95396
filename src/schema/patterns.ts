import { RegExpParser, visitRegExpAST, type AST } from '@eslint-community/regexpp';
import { isAmbiguous } from './pattern-ambiguity.ts';
import { messageOf } from '../operator-error.ts';

/**
 * Three engines must apply a pattern alike: ajv's is ECMAScript's with the flag `u`, MongoDB's is PCRE2 with UTF but without
 * UCP, SecantusDB's is Python's re. So only what means the same for all three is accepted:
 *
 * - characters as themselves, of any plane; `\t \n \r \f \0 \xHH`, and a backslash before punctuation
 * - `[...]`, `[^...]` and ranges of those; `[\s\S]` for any character
 * - `(...)`, `(?:...)`, `|`, `* + ? {n} {n,} {n,m}` and the same with `?`, lookahead `(?=...)` and `(?!...)`
 * - `^` and `$`, for the beginning and the end of the whole text
 *
 * One difference remains: if a pattern has three repeats of the same characters in a row, as `a*a*a*`, MongoDB gives up
 * after it has tried 200,000 ways to divide a long text among them.
 */
const parser = new RegExpParser();

/** For PCRE2 and Python `$` also matches before a line feed at the end; this means the very end for all. */
const END = String.raw`(?![\s\S])`;

/** SecantusDB does not accept longer patterns. */
const MOST_CHARACTERS = 1000;
/** PCRE2 stores numbers of repeats in 16 bits. */
const MOST_REPEATS = 65_535;
/** PCRE2 has 65,536 bytes for a compiled pattern, which holds a copy of a group for each repeat. This limit is well below. */
const MOST_BYTES = 20_000;
/** MongoDB lets PCRE2 nest 4,000 steps in a match. A text that needs more counts as one that does not match. */
const MOST_STEPS = 3900;
/** If a group may be repeated more often than this, the length of the text is what limits its repeats. */
const FEW_REPEATS = 100;
const MOST_GROUPS = 50;

/**
 * Says why the engines would not apply a pattern alike, and what to write instead; `undefined` if they would.
 * @param maxLength the greatest length of the texts
 */
export function patternFlaw(pattern: string, maxLength = Infinity): string | undefined {
  let parsed: AST.Pattern;
  try {
    parsed = parsePattern(pattern);
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`;
  }
  const flaws: string[] = [];
  const refuse = (flaw: string | undefined) => flaw !== undefined && flaws.push(flaw);
  let steps = 0;
  let isOpen = false;
  let depth = 0;
  visitRegExpAST(parsed, {
    onAssertionEnter: (node) => refuse(assertionFlaw(node)),
    onBackreferenceEnter: ({ raw }) => refuse(`has ${raw}; write out what stands there`),
    onCapturingGroupEnter: ({ name }) => refuse(name === null ? enter() : 'names a group; write (?:…)'),
    onCapturingGroupLeave: () => (depth -= 1),
    onGroupEnter: ({ modifiers }) => refuse(modifiers ? 'has flags in it; write both cases out' : enter()),
    onGroupLeave: () => (depth -= 1),
    onCharacterEnter: (node) => refuse(characterFlaw(node)),
    onCharacterSetEnter: (node) => refuse(setFlaw(node)),
    onCharacterClassEnter: (node) => refuse(classFlaw(node)),
    onQuantifierEnter(node) {
      steps += 1;
      isOpen ||= node.max > FEW_REPEATS && isGroup(node.element);
      if (node.max === 0) refuse('repeats something zero times; leave it out');
      if (mostOf(node) > MOST_REPEATS) refuse(`repeats more than ${MOST_REPEATS} times; leave the greatest number out`);
    },
  });
  function enter(): string | undefined {
    steps += 1;
    depth += 1;
    return depth > MOST_GROUPS ? `nests more than ${MOST_GROUPS} groups; write fewer` : undefined;
  }
  const [first] = flaws;
  if (first !== undefined) return first;
  if (databasePattern(pattern).length > MOST_CHARACTERS) return `has more than ${MOST_CHARACTERS} characters`;
  if (bytesOf(parsed.alternatives) > MOST_BYTES) return 'repeats too much by numbers for MongoDB; write smaller ones';
  if (isAmbiguous(parsed.alternatives))
    return 'repeats a group that can match one text in many ways, so MongoDB gives up even on short texts; write it so that the next character always decides which part matches';
  const longest = Math.floor(MOST_STEPS / Math.max(steps, 1));
  return isOpen && maxLength > longest
    ? `repeats a group, so MongoDB gives up on long texts; declare a maxLength of at most ${longest} too`
    : undefined;
}

/** The same pattern in a form that all databases apply alike. */
export function databasePattern(pattern: string): string {
  const ends: number[] = [];
  visitRegExpAST(parsePattern(pattern), {
    onAssertionEnter(node) {
      if (node.kind === 'end') ends.push(node.start);
    },
  });
  return Array.from({ length: pattern.length }, (_, at) => (ends.includes(at) ? END : pattern[at])).join('');
}

/** Parses a pattern. @throws {SyntaxError} if it is not one */
export function parsePattern(pattern: string): AST.Pattern {
  return parser.parsePattern(pattern, 0, pattern.length, { unicode: true });
}

/** The greatest number in a quantifier. */
const mostOf = ({ min, max }: AST.Quantifier) => (Number.isFinite(max) ? max : min);

const isGroup = ({ type }: AST.Node) => type === 'Group' || type === 'CapturingGroup';

function assertionFlaw(node: AST.Assertion): string | undefined {
  if (node.kind === 'lookbehind')
    return 'looks behind, which not all engines can; write what stands there, or (?=…) from the start';
  if (node.kind !== 'word') return undefined;
  return `has ${node.raw}, and the engines disagree on what a word is; write which characters may stand there`;
}

const ESCAPES = /^\\(?:[tnrf0^$\\.*+?()[\]{}|/-]|x[\dA-Fa-f]{2})$/;

function characterFlaw({ raw, value, parent }: AST.Character): string | undefined {
  if (value >= 0xd8_00 && value <= 0xdf_ff) return 'has half of a surrogate pair; write the whole character';
  if (raw === '[' && parent.type.startsWith('CharacterClass')) return String.raw`has a bare [ within [...]; write \[`;
  if (raw === '\0') return String.raw`has the character NUL; write \x00`;
  if (!raw.startsWith('\\') || ESCAPES.test(raw)) return undefined;
  const hex = value.toString(16).padStart(2, '0');
  const instead =
    value <= 0xff
      ? String.raw`\x${hex}`
      : `the character itself: in TypeScript "${String.raw`\u`}${value > 0xff_ff ? `{${hex}}` : hex.padStart(4, '0')}", with one backslash`;
  return `has ${raw}, which not all engines know; write ${instead}`;
}

const RANGES = { digit: '0-9', word: 'A-Za-z0-9_' };
const ANY = String.raw`[\s\S]`;

function setFlaw(node: AST.CharacterSet): string | undefined {
  const { kind, raw, parent } = node;
  if (parent.type === 'CharacterClass' && parent.raw === ANY) return undefined;
  if (kind === 'any')
    return String.raw`has a dot, and the engines disagree on what ends a line; write [^\n], or ${ANY}`;
  if (kind === 'property')
    return `has ${raw}, which Python does not know; write ranges of characters, such as [A-Za-zÀ-ɏ]`;
  const disagree = `has ${raw}, and the engines disagree on what that is beyond ASCII`;
  if (kind === 'space') return String.raw`${disagree}; write the blanks that are meant, such as [ \t\n\r]`;
  const negation = node.negate ? '^' : '';
  return `${disagree}; write ${parent.type === 'CharacterClass' ? RANGES[kind] : `[${negation}${RANGES[kind]}]`}`;
}

/** The flaw of a class that PCRE2 or Python reads differently, or may read differently in later versions. */
function classFlaw({ elements, raw }: AST.CharacterClass): string | undefined {
  if (elements.length === 0) return `has ${raw}; write ${raw === '[^]' ? ANY : '(?!)'}`;
  const sign = /(?<!\\)(--|&&|~~|\|\|)/.exec(raw)?.[0] ?? /^\[([:.=])[^]*\1\]$/.exec(raw)?.[1];
  return sign === undefined ? undefined : `has ${sign} in ${raw}; write each sign once, and a hyphen as \\-`;
}

/** About the number of bytes that PCRE2 needs for a compiled pattern. */
function bytesOf(nodes: readonly AST.Node[]): number {
  return nodes.reduce((sum, node) => sum + bytesOfNode(node), 0);
}

function bytesOfNode(node: AST.Node): number {
  switch (node.type) {
    case 'Quantifier':
      return 6 + bytesOfNode(node.element) * (isGroup(node.element) ? Math.max(mostOf(node), 1) : 1);
    case 'CharacterClass':
      return 40 + 10 * node.elements.length;
    case 'Alternative':
      return 3 + bytesOf(node.elements);
    case 'Group':
    case 'CapturingGroup':
      return 10 + bytesOf(node.alternatives);
    case 'Assertion':
      return 6 + ('alternatives' in node ? bytesOf(node.alternatives) : 40);
    default:
      return 6;
  }
}
