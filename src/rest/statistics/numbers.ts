import { Decimal128, Double, Int32, Long } from 'mongodb';
import { isExact, shownInt64 } from '../../schema/index.ts';

/**
 * A number of the database, as an answer shows it: as a number, or as a text of its digits if JSON's numbers do not hold it
 * exactly. A number that is not finite becomes null, as in lists; `undefined` for what is no number.
 */
export function numberOf(value: unknown): number | string | null | undefined {
  if (value instanceof Int32 || value instanceof Double) return Number.isFinite(value.value) ? value.value : null;
  if (value instanceof Long) return shownInt64(value);
  if (!(value instanceof Decimal128)) return undefined;
  const digits = value.toString();
  return isExact(digits) ? Number(digits) : digits;
}

/** The same for a sum, which is a text too if it is too large for a double, or no number. */
export const sumOf = (value: unknown): number | string =>
  value === undefined ? 0 : (numberOf(value) ?? String(value));

/** The quotient of a sum and a count, null if there is none. */
export function meanOf(sum: unknown, count: number): number | null {
  const mean = Number(String(sum)) / count;
  return Number.isFinite(mean) ? mean : null;
}
