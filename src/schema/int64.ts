import type { Long } from 'mongodb';

/** A stored int64 in JSON: a number if a JSON number holds it exactly (RFC 7493, section 2.2), else a string of its digits. */
export function shownInt64(value: Long): number | string {
  const number = value.toNumber();
  return BigInt(number) === value.toBigInt() ? number : value.toString();
}
