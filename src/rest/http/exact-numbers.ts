import { isExact } from '../../schema/index.ts';
import type { Flaw } from './problems.ts';
import { escapePointer } from './validation.ts';

/** The flaw of a number that cannot be stored exactly. */
export const inexact = (number: string): Pick<Flaw, 'keyword' | 'detail'> => ({
  keyword: 'precision',
  detail: `cannot be stored exactly: it would become ${Number(number)}`,
});

/** Every number that is not exact has 16 digits of an integer, or an exponent. */
const SUSPICIOUS = /(?<![.\d])\d{16}|\d[eE][+-]?\d/;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[[\]{},]/g;
const MOST_FLAWS = 20;

/** The flaws of the numbers of a JSON text that are not exact, at most 20. */
export function inexactNumbers(text: string): Flaw[] {
  const flaws: Flaw[] = [];
  if (!SUSPICIOUS.test(text)) return flaws;
  /** The objects and arrays around a token, by the name or index of their member that it is in. */
  const around: (string | number)[] = [];
  let before = '';
  for (const [token] of text.matchAll(TOKEN)) {
    const place = around.at(-1);
    const first = token.charAt(0);
    if (first === '{' || first === '[') around.push(first === '{' ? '' : 0);
    else if (first === '}' || first === ']') around.pop();
    else if (first === ',' && typeof place === 'number') around[around.length - 1] = place + 1;
    else if (first === '"' && typeof place === 'string' && (before === '{' || before === ','))
      around[around.length - 1] = token;
    else if (first !== '"' && first !== ',' && !isExact(token)) {
      flaws.push({ pointer: around.map(stepOf).join(''), ...inexact(token) });
      if (flaws.length === MOST_FLAWS) return flaws;
    }
    before = first;
  }
  return flaws;
}

const stepOf = (place: string | number): string =>
  `/${typeof place === 'number' ? place : escapePointer(String(JSON.parse(place)))}`;
