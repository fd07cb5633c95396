/** A JSON number (RFC 8259, section 6). */
export const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([Ee][+-]?\d+)?$/;

/**
 * Whether JavaScript reads a JSON number without changing it: it must not become infinite or 0, and a large integer must
 * not become another one (RFC 7493, section 2.2). Only fractions may be rounded after the 15th digit, as is usual. An
 * integer is exact if the double has just that value, or is written with the same digits.
 */
export function isExact(number: string): boolean {
  const value = Number(number);
  if (!Number.isFinite(value)) return false;
  if (value === 0) return !/^[^eE]*[1-9]/.test(number);
  if (Math.abs(value) < 2 ** 53) return true;
  const digits = decimal(number);
  return digits === decimal(String(value)) || digits === decimal(String(BigInt(value)));
}

/** The digits of a number without zeros at either end, and its power of ten. */
function decimal(number: string): string {
  const [, whole = '', fraction = '', power = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1; // a regular expression would start again at each of many zeros
  return `${digits.slice(0, end)}e${Number(power) - fraction.length + digits.length - end}`;
}
