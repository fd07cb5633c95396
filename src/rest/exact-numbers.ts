import type { Flaw } from './problems.ts';
import { escapePointer } from './validation.ts';

/** A JSON number (RFC 8259, section 6). */
export const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([Ee][+-]?\d+)?$/;

/**
 * Whether a JSON number is still itself once it is read: not if it becomes infinite, or 0, or a large integer becomes
 * another one (RFC 7493, section 2.2). Digits behind the 15th are rounded in fractions alone, as is usual. An integer
 * stays itself where the double has just that value, or is written so.
 */
export function isExact(number: string): boolean {
  const value = Number(number);
  if (!Number.isFinite(value)) return false;
  if (value === 0) return !/^[^eE]*[1-9]/.test(number);
  if (Math.abs(value) < 2 ** 53) return true;
  const digits = decimal(number);
  return digits === decimal(String(value)) || digits === decimal(String(BigInt(value)));
}

/** The digits of a number without zeros at either end, and the power of ten that they count. */
function decimal(number: string): string {
  const [, whole = '', fraction = '', power = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1; // a pattern would begin anew at each of many zeros
  return `${digits.slice(0, end)}e${Number(power) - fraction.length + digits.length - end}`;
}

/** What is wrong with a number that is not exact. */
export const inexact = (number: string): Pick<Flaw, 'keyword' | 'detail'> => ({
  keyword: 'precision',
  detail: `cannot be held as it is: it would become ${Number(number)}`,
});

/** What every number that is not exact has in it: 16 digits of an integer, or an exponent. */
const SUSPICIOUS = /(?<![.\d])\d{16}|\d[eE][+-]?\d/;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[[\]{},]/g;
const MOST_FLAWS = 20;

/** The numbers of a JSON text that are not exact, by their pointers; of very many the first. */
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
