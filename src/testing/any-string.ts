import fc from 'fast-check';

/** Any code point except surrogates, as fast-check's unit 'binary', which takes half a second to set up. */
const codePoint = fc
  .integer({ min: 0, max: 0x10_ff_ff })
  .filter((code) => code < 0xd8_00 || code > 0xdf_ff)
  .map((code) => String.fromCodePoint(code));
const ascii = fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCodePoint(code));

/** A string of any characters, many of them common ones. */
export const anyString = (constraints: Omit<fc.StringConstraints, 'unit'> = {}): fc.Arbitrary<string> =>
  fc.string({ ...constraints, unit: fc.oneof(codePoint, ascii) });
