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
