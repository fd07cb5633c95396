import type { AST } from '@eslint-community/regexpp';

/** Ranges of code points, both ends included. */
type Characters = readonly (readonly [number, number])[];

/** The states that a part of a pattern may begin and end with. */
interface Part {
  first: readonly number[];
  last: readonly number[];
  isEmpty: boolean;
}

const NOTHING: Part = { first: [], last: [], isEmpty: true };
const EVERYTHING: Characters = [[0, 0x10_ff_ff]];
/** More repeats than this count as any number of repeats. */
const MOST_COPIES = 20;
const MOST_STATES = 600;

/**
 * Whether a repeated part of a pattern can match a text in more than one way, so that the number of ways doubles with each
 * repeat: `(a+)+`, `(a|aa)*`, `(a?)*`.
 */
export function isAmbiguous(alternatives: readonly AST.Alternative[]): boolean {
  const automaton = new Automaton();
  for (const alternative of alternatives) automaton.add(alternative);
  return automaton.isAmbiguous;
}

/**
 * A pattern's automaton of positions (Glushkov). It is ambiguous if it has a state from which two different paths over
 * the same text lead back to one state of the same loop.
 */
class Automaton {
  /** For each state the characters that lead into it. */
  readonly #characters: Characters[] = [];
  /** For each state the states that may follow. */
  readonly #next: number[][] = [];
  /** Lookaheads have automata of their own. */
  readonly #lookaheads: (readonly AST.Alternative[])[] = [];
  #repeatsNothing = false;

  get isAmbiguous(): boolean {
    if (this.#repeatsNothing || this.#isTooLarge) return true;
    const isShared = (left: number, right: number) => overlap(this.#characters[left], this.#characters[right]);
    return hasTwoWays(this.#next, isShared) || this.#lookaheads.some(isAmbiguous);
  }

  get #isTooLarge(): boolean {
    return this.#next.length > MOST_STATES;
  }

  add(node: AST.Node): Part {
    if (this.#isTooLarge) return NOTHING;
    switch (node.type) {
      case 'Character':
      case 'CharacterClass':
        return this.#state(charactersOf(node));
      case 'Alternative':
        return this.#sequence(node.elements.map((element) => this.add(element)));
      case 'Group':
      case 'CapturingGroup':
        return either(node.alternatives.map((alternative) => this.add(alternative)));
      case 'Quantifier':
        return this.#repeated(node);
      case 'Assertion':
        if ('alternatives' in node) this.#lookaheads.push(node.alternatives);
        return NOTHING;
      default:
        return NOTHING;
    }
  }

  #state(characters: Characters): Part {
    const index = this.#characters.push(characters) - 1;
    this.#next.push([]);
    return { first: [index], last: [index], isEmpty: false };
  }

  #link(from: Part, to: Part): void {
    if (!this.#isTooLarge) for (const end of from.last) this.#next[end]?.push(...to.first);
  }

  #sequence(parts: readonly Part[]): Part {
    return parts.reduce((before, after) => {
      this.#link(before, after);
      return {
        first: before.isEmpty ? [...before.first, ...after.first] : before.first,
        last: after.isEmpty ? [...before.last, ...after.last] : after.last,
        isEmpty: before.isEmpty && after.isEmpty,
      };
    }, NOTHING);
  }

  #repeated({ element, min, max }: AST.Quantifier): Part {
    if (max <= MOST_COPIES)
      return this.#sequence([...this.#copies(element, min), ...this.#copies(element, max - min).map(optional)]);
    if (min > MOST_COPIES) return this.#loop(element);
    return this.#sequence([...this.#copies(element, min), optional(this.#loop(element))]);
  }

  #copies(node: AST.Node, count: number): Part[] {
    return Array.from({ length: count }, () => this.add(node));
  }

  #loop(node: AST.Node): Part {
    const part = this.add(node);
    this.#repeatsNothing ||= part.isEmpty;
    this.#link(part, part);
    return part;
  }
}

const optional = (part: Part): Part => ({ ...part, isEmpty: true });

const either = (parts: readonly Part[]): Part => ({
  first: parts.flatMap(({ first }) => first),
  last: parts.flatMap(({ last }) => last),
  isEmpty: parts.some(({ isEmpty }) => isEmpty),
});

function charactersOf(node: AST.Character | AST.CharacterClass): Characters {
  if (node.type === 'Character') return [[node.value, node.value]];
  const ranges = node.elements.flatMap((element): Characters => {
    if (element.type === 'Character') return [[element.value, element.value]];
    return element.type === 'CharacterClassRange' ? [[element.min.value, element.max.value]] : EVERYTHING;
  });
  return node.negate ? complement(ranges) : ranges;
}

function complement(ranges: Characters): Characters {
  const rest: [number, number][] = [];
  let start = 0;
  for (const [low, high] of ranges.toSorted(([left], [right]) => left - right)) {
    if (low > start) rest.push([start, low - 1]);
    start = Math.max(start, high + 1);
  }
  if (start <= 0x10_ff_ff) rest.push([start, 0x10_ff_ff]);
  return rest;
}

const overlap = (left: Characters = [], right: Characters = []) =>
  left.some(([low, high]) => right.some(([from, to]) => low <= to && from <= high));

/** Whether two paths part in some state and meet again in its loop, over the same text. */
function hasTwoWays(next: readonly number[][], isShared: (left: number, right: number) => boolean): boolean {
  const reach = next.map((_, state) => reachable(next, state));
  const isLoop = (left: number, right: number) => reach[left]?.has(right) === true && reach[right]?.has(left) === true;
  return next.some((_, origin) => {
    const inLoop = (state: number) => (next[state] ?? []).filter((to) => isLoop(origin, to));
    const successors = inLoop(origin);
    // Two links from one state to another are two paths, too.
    if (new Set(successors).size < successors.length) return true;
    const seen = new Set<string>();
    const pairs = successors.flatMap((left, place) =>
      successors.slice(place + 1).map((right) => [left, right] as const),
    );
    for (const [left, right] of pairs) {
      if (!isShared(left, right)) continue;
      if (left === right) return true;
      const key = left < right ? `${left} ${right}` : `${right} ${left}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const one of inLoop(left)) for (const other of inLoop(right)) pairs.push([one, other]);
    }
    return false;
  });
}

function reachable(next: readonly number[][], from: number): ReadonlySet<number> {
  const found = new Set<number>();
  const left = [...(next[from] ?? [])];
  for (let state = left.pop(); state !== undefined; state = left.pop())
    if (!found.has(state)) {
      found.add(state);
      left.push(...(next[state] ?? []));
    }
  return found;
}
