import type { AST } from '@eslint-community/regexpp';
import { parsePattern } from './patterns.ts';

/** The characters to try for a class. A negated class names only those that it does not have. */
const USUAL = Array.from('abcxyzABCXYZ0123456789 .,_~é漢\n');

/**
 * A text that a pattern probably matches, with the first of all alternatives.
 * @param times how often repeated parts are repeated, if the pattern allows it; repeated parts within them occur once
 */
export const patternSample = (pattern: string, times: number): string => sampleOf(parsePattern(pattern), times);

function sampleOf(node: AST.Node, times: number): string {
  switch (node.type) {
    case 'Pattern':
    case 'Group':
    case 'CapturingGroup': {
      const [first] = node.alternatives;
      return first ? sampleOf(first, times) : '';
    }
    case 'Alternative':
      return node.elements.map((element) => sampleOf(element, times)).join('');
    case 'Quantifier':
      return sampleOf(node.element, Math.min(times, 1)).repeat(Math.min(node.max, Math.max(node.min, times)));
    case 'Character':
      return String.fromCodePoint(node.value);
    case 'CharacterClass': {
      const isOne = new RegExp(node.raw, 'u');
      const named = node.elements.flatMap((element) => {
        if (element.type === 'Character') return [String.fromCodePoint(element.value)];
        return element.type === 'CharacterClassRange' ? [String.fromCodePoint(element.min.value)] : [];
      });
      return [...USUAL, ...named].find((character) => isOne.test(character)) ?? '';
    }
    default:
      return '';
  }
}
