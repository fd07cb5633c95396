import type { Long } from 'mongodb';

/** A stored int64 as JSON shows it: a number where it has that exactly (RFC 7493, section 2.2), else a text of its digits. */
export function shownInt64(value: Long): number | string {
  const number = value.toNumber();
  return BigInt(number) === value.toBigInt() ? number : value.toString();
}
